"""Look a connection profile up, with the person as they are now."""

from broker.errors import NotFound
from broker.models.connection_profiles import ConnectionProfile
from broker.store import connection_profiles as rows
from broker.store import users
from broker.store.base import Store


class ConnectionProfiles:
    """The profiles that applications know."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, profile_id: str) -> ConnectionProfile:
        """The profile. Raises `NotFound`: the identity, or its user, is gone, or the user is locked."""
        async with self._store.read() as connection:
            row = await rows.profile_row(connection, profile_id)
            person = None if row is None else await users.profile(connection, row.user_id)
        if row is None or person is None or person.user.locked_at is not None:
            raise NotFound("there is no such profile")
        identity = next((each for each in person.identities if each.id == row.identity_id), None)
        if identity is None:
            raise NotFound("its person has just parted with the identity")
        return ConnectionProfile(
            id=row.id,
            connection_id=row.connection_id,
            organization_id=row.organization_id,
            identity=identity,
            person=person,
        )
