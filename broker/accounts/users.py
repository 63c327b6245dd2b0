"""Users as the operator and they themselves see them: read, list, lock, unlock."""

from broker.clock import Clock
from broker.crypto import made_at
from broker.errors import InvalidRequest, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.lists import Part, Seek
from broker.models.users import Email, PeopleFilter, Person, UserProfile
from broker.protocol.addresses import canonical_address
from broker.store import people as people_rows
from broker.store import sessions as session_rows
from broker.store import user_pages
from broker.store import users as rows
from broker.store.base import Connection, Store
from broker.store.user_pages import UserPage


class Users:
    """The people of this deployment."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def profile(self, user_id: str) -> UserProfile:
        """One user with addresses and identities. Raises `NotFound`."""
        async with self._store.read() as connection:
            found = await rows.profile(connection, user_id)
        if found is None:
            raise NotFound("user not found")
        return found

    async def find(self, id_or_address: str) -> UserProfile:
        """One user by id, or by an address that is theirs beyond mere display. Raises `NotFound`."""
        if "@" not in id_or_address:
            return await self.profile(id_or_address)
        address = canonical_address(id_or_address)
        if address is None:
            raise NotFound("this is no address that anybody here can have")
        async with self._store.read() as connection:
            found = await rows.profile_by_address(connection, address)
        if found is None:
            raise NotFound("there is no user with this address")
        return found

    async def list(self, *, after: str | None = None, limit: int = 100) -> list[UserProfile]:
        """Users by id, which is the order in which they came."""
        async with self._store.read() as connection:
            return await rows.profiles(connection, after=after, limit=limit)

    async def page(
        self, *, address_part: str | None, ids: tuple[str, ...], oldest_first: bool, limit: int, offset: int
    ) -> UserPage:
        """Users by creation, of those who fit."""
        async with self._store.read() as connection:
            return await user_pages.page(
                connection, address_part=address_part, ids=ids, oldest_first=oldest_first, limit=limit, offset=offset
            )

    async def person(self, user_id: str) -> Person:
        """One user with what applications keep about them. Raises `NotFound`."""
        async with self._store.read() as connection:
            found = await people_rows.person(connection, user_id)
        if found is None:
            raise NotFound("user not found")
        return found

    async def person_called(self, external_id: str) -> Person:
        """The one whom an application calls so. Raises `NotFound`."""
        async with self._store.read() as connection:
            user_id = await people_rows.by_external_id(connection, external_id)
        if user_id is None:
            raise NotFound("user not found")
        return await self.person(user_id)

    async def people(self, wanted: Seek, sought: PeopleFilter) -> Part[Person]:
        """Users by age, from any of them in both directions. Raises `InvalidRequest` for a cursor without a place."""
        async with self._store.read() as connection:
            place = await _place(connection, wanted.after or wanted.before)
            return await people_rows.page(connection, wanted, sought, place=place)

    async def addresses(self, user_id: str) -> tuple[Email, ...]:
        """A user's addresses; of somebody who is not there, none."""
        async with self._store.read() as connection:
            found = await rows.profile(connection, user_id)
        return () if found is None else found.emails

    async def lock(self, user_id: str) -> int:
        """The user may not sign in any more and their sessions end now; answers how many. Raises `NotFound`."""
        now = self._clock.now()
        async with self._store.transaction() as connection:
            if await rows.lock_user_row(connection, user_id) is None:
                raise NotFound("there is no such user")
            await rows.set_locked(connection, user_id, locked_at=now, now=now)
            ended = await session_rows.delete_sessions_of(connection, user_id)
            await record(
                connection, Event.USER_LOCKED, clock=self._clock, user_id=user_id, actor="operator", sessions=len(ended)
            )
            for session in ended:
                await record(
                    connection,
                    Event.SESSION_ENDED,
                    clock=self._clock,
                    user_id=user_id,
                    session_id=session.id,
                    session=session,
                    actor="operator",
                    reason="locked",
                )
        return len(ended)

    async def unlock(self, user_id: str) -> None:
        """The user may sign in again. Raises `NotFound`."""
        now = self._clock.now()
        async with self._store.transaction() as connection:
            if not await rows.set_locked(connection, user_id, locked_at=None, now=now):
                raise NotFound("there is no such user")
            await record(connection, Event.USER_UNLOCKED, clock=self._clock, user_id=user_id, actor="operator")

    async def delete(self, user_id: str) -> None:
        """Forget the user with addresses, identities and sessions; the trail keeps that it happened. Raises `NotFound`.

        Somebody deleted is a stranger: the same person may sign in again and is then a new user. To keep them out,
        lock them instead.
        """
        async with self._store.transaction() as connection:
            user = await rows.lock_user_row(connection, user_id)
            if user is None:
                raise NotFound("there is no such user")
            profile = await rows.profile_of(connection, user)
            await record(
                connection, Event.USER_DELETED, clock=self._clock, user_id=user_id, actor="operator", subject=profile
            )
            await rows.delete_user(connection, user_id)


async def _place(connection: Connection, user_id: str | None) -> tuple[int, str] | None:
    """Where a user stands, or stood: whoever deletes people while they read the list goes on where they were."""
    if user_id is None:
        return None
    created_at = await people_rows.created_at(connection, user_id)
    if created_at is None:
        created_at = made_at(user_id)
    if created_at is None:
        raise InvalidRequest("the user whom the cursor names is gone, and their id does not tell where they stood")
    return created_at, user_id
