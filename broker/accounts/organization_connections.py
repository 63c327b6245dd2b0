"""Connections of organizations as an application keeps them: made, changed, switched off, removed, found and listed.

What a connection asks and as whom is chosen once: the directory, the registration, the cloud. Its secret may change, as
secrets do; it is sealed, and nobody is shown it again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from broker.accounts.connection_secrets import opened_secret, sealed_secret
from broker.accounts.organizations import note
from broker.clock import Clock
from broker.crypto import SecretKeys, new_id
from broker.errors import InvalidRequest, NotFound, NotUnique
from broker.events.catalogue import Event
from broker.models.events import By
from broker.models.lists import Part, Seek
from broker.models.organizations import ConnectionCloud, ConnectionFilter, ConnectionState, OrganizationConnection
from broker.store import organization_connections as rows
from broker.store import organizations
from broker.store.base import Connection, Store

MOST_CONNECTIONS: Final = 50
_GONE: Final = "There is no such connection."


class Mistake(Protocol):
    """Why no provider can be made of a connection."""

    @property
    def key(self) -> str: ...

    @property
    def message(self) -> str: ...


Complaints = Callable[[OrganizationConnection, str | None], Iterable[Mistake]]


@dataclass(frozen=True, kw_only=True)
class NewConnection:
    """Without `provider_client_id` it is the environment's registration. `domains` in their canonical spelling."""

    organization_id: str
    tenant: str
    name: str | None = None
    provider_client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    cloud: ConnectionCloud | None = None
    domains: Sequence[str] = ()
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConnectionChange:
    """What is set; `None` leaves what is there."""

    name: str | None = None
    state: ConnectionState | None = None
    secret: str | None = field(default=None, repr=False)
    domains: Sequence[str] | None = None


class OrganizationConnections:
    """Every deed is one transaction with its entry in the trail."""

    def __init__(self, store: Store, clock: Clock, secrets: SecretKeys, complaints: Complaints) -> None:
        self._store = store
        self._clock = clock
        self._secrets = secrets
        self._complaints = complaints

    async def create(self, new: NewConnection, by: By) -> OrganizationConnection:
        """Make one; one that the organization has under this external id is answered as it is.

        Raises `NotFound` without the organization, `InvalidRequest` for what could sign nobody in.
        """
        made = self._made(new)
        try:
            async with self._store.transaction() as connection:
                organization = await organizations.lock_organization(connection, new.organization_id)
                if organization is None:
                    raise NotFound("There is no such organization.")
                there = await rows.connections_of(connection, new.organization_id)
                same = next((each for each in there if made.external_id and each.external_id == made.external_id), None)
                if same is not None:
                    return same
                if len(there) >= MOST_CONNECTIONS:
                    raise InvalidRequest(f"an organization has {MOST_CONNECTIONS} connections at most")
                self._require_good(made, new.secret)
                made = made if new.name is not None else replace(made, name=organization.name)
                await rows.insert_connection(connection, made)
                await self._note(connection, Event.CONNECTION_ACTIVATED, made, by)
        except NotUnique as error:
            raise InvalidRequest("external_id is another connection's") from error
        return made

    async def require_openable(self) -> None:
        """Raises `SealBroken`, naming the id of the secret of ours that is needed and not configured."""
        async with self._store.read() as connection:
            found = await rows.seals(connection)
        for connection_id, sealed in found:
            opened_secret(self._secrets, connection_id, sealed)

    async def get(self, connection_id: str) -> OrganizationConnection:
        """The connection with this id. Raises `NotFound`."""
        async with self._store.read() as connection:
            return _found(await rows.connection(connection, connection_id))

    async def of(self, organization_id: str) -> Sequence[OrganizationConnection]:
        """All of an organization's, oldest first; none where there is no such organization."""
        async with self._store.read() as connection:
            return await rows.connections_of(connection, organization_id)

    async def page(self, wanted: Seek, sought: ConnectionFilter) -> Part[OrganizationConnection]:
        """One page of those that fit."""
        async with self._store.read() as connection:
            return await rows.page(connection, wanted, sought)

    async def change(self, connection_id: str, change: ConnectionChange, by: By) -> OrganizationConnection:
        """Change one. Raises `NotFound`, `InvalidRequest`."""
        async with self._store.transaction() as connection:
            found = await self._locked(connection, connection_id)
            changed = replace(
                found,
                name=found.name if change.name is None else change.name,
                state=found.state if change.state is None else change.state,
                domains=found.domains if change.domains is None else tuple(dict.fromkeys(change.domains)),
                updated_at=self._clock.now(),
            )
            if change.secret is not None:
                if found.provider_client_id is None:
                    raise InvalidRequest("client_secret is for a registration of its own")
                self._require_good(changed, change.secret)
                changed = replace(changed, sealed_secret=sealed_secret(self._secrets, found.id, change.secret))
            await rows.put_connection(connection, changed)
            event = Event.CONNECTION_CHANGED
            if changed.state != found.state:
                event = Event.CONNECTION_ACTIVATED if changed.state == "active" else Event.CONNECTION_DEACTIVATED
            await self._note(connection, event, changed, by)
        return changed

    async def delete(self, connection_id: str, by: By) -> None:
        """Remove one: nobody signs in by it any more; who did stays a member. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            found = await self._locked(connection, connection_id)
            await rows.delete_connection(connection, connection_id)
            await self._note(connection, Event.CONNECTION_DELETED, found, by)

    def _made(self, new: NewConnection) -> OrganizationConnection:
        connection_id, now = new_id(self._clock.now_ms()), self._clock.now()
        sealed = None if new.secret is None else sealed_secret(self._secrets, connection_id, new.secret)
        return OrganizationConnection(
            id=connection_id,
            organization_id=new.organization_id,
            name=new.name or "",
            kind="microsoft",
            state="active",
            tenant=new.tenant.lower(),
            provider_client_id=new.provider_client_id,
            sealed_secret=sealed,
            cloud=new.cloud,
            domains=tuple(dict.fromkeys(new.domains)),
            external_id=new.external_id,
            created_at=now,
            updated_at=now,
        )

    def _require_good(self, connection: OrganizationConnection, secret: str | None) -> None:
        if secret is not None and connection.provider_client_id is None:
            raise InvalidRequest("client_secret is for a registration of its own: client_id is missing")
        mistake = next(iter(self._complaints(connection, secret)), None)
        if mistake is not None:
            raise InvalidRequest(f"{_SPELLED.get(mistake.key, mistake.key)} {mistake.message}")

    async def _locked(self, connection: Connection, connection_id: str) -> OrganizationConnection:
        found = _found(await rows.connection(connection, connection_id))
        await organizations.lock_organization(connection, found.organization_id)
        return _found(await rows.connection(connection, connection_id))

    async def _note(self, connection: Connection, event: Event, about: OrganizationConnection, by: By) -> None:
        await note(
            connection,
            event,
            clock=self._clock,
            by=by,
            organization_id=about.organization_id,
            about=about,
            connection_id=about.id,
        )


_SPELLED: Final = {"secret": "client_secret"}


def _found(connection: OrganizationConnection | None) -> OrganizationConnection:
    if connection is None:
        raise NotFound(_GONE)
    return connection
