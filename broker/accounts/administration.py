"""What operators do to people's records by the admin API: make, change and remove users and their addresses.

An address that an operator calls verified counts as that operator's word (`verified_by: operator`): it holds the
address. Whether it is proof enough to join accounts is decided in `linking`, with everything else of that kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.accounts.linking import MOST_ADDRESSES
from broker.clock import Clock
from broker.crypto import new_id, random_uuid
from broker.errors import Conflict, InvalidRequest, NotFound, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import By
from broker.models.identities import OPERATOR
from broker.models.users import Email, User, UserProfile, is_writable
from broker.store import users
from broker.store.base import Connection, Store


@dataclass(frozen=True, kw_only=True)
class NewAddress:
    """An address to be added, in its canonical spelling."""

    address: str
    is_primary: bool
    is_verified: bool


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """A user to be made; `id` and `created_at` (seconds) are ours to choose where they are not given."""

    addresses: Sequence[NewAddress]
    id: str | None = None
    created_at: int | None = None


class Administration:
    """Every deed is one transaction with its entry in the trail."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, new: NewUser, by: By) -> UserProfile:
        """Make a user without identity. Raises `Conflict` when the id or an address is taken."""
        user_id, now = new.id or random_uuid(), self._clock.now()
        user = User(
            id=user_id,
            name=None,
            given_name=None,
            family_name=None,
            picture=None,
            created_at=now if new.created_at is None else new.created_at,
            updated_at=now,
            locked_at=None,
        )
        async with self._store.transaction() as connection:
            if await users.user(connection, user_id) is not None:
                raise Conflict(f"failed to create user with id '{user_id}': user already exists")
            await users.insert_user(connection, user)
            for address in new.addresses:
                await self._insert(connection, user_id, address)
            await self._note(connection, Event.USER_CREATED, user_id, by)
            return await _profile(connection, user_id)

    async def change(self, user_id: str, changes: Mapping[str, Any], by: By) -> UserProfile:
        """Set or clear `name`, `given_name`, `family_name`, `picture`. Raises `NotFound`, `InvalidRequest`."""
        for name, value in changes.items():
            if value is not None and not is_writable(value):
                raise InvalidRequest(f"{name} must not hold control characters")
        async with self._store.transaction() as connection:
            user = await self._locked(connection, user_id)
            await users.put_profile(connection, replace(user, **changes), now=self._clock.now())
            await self._note(connection, Event.USER_CHANGED, user_id, by)
            return await _profile(connection, user_id)

    async def delete(self, user_id: str, by: By) -> None:
        """Forget the user. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            await self._locked(connection, user_id)
            profile = await _profile(connection, user_id)
            await self._note(connection, Event.USER_DELETED, user_id, by, subject=profile)
            await users.delete_user(connection, user_id)

    async def add_address(self, user_id: str, new: NewAddress, by: By) -> Email:
        """Add an address; the first one becomes primary. Raises `NotFound`, `Conflict`, `InvalidRequest` (taken)."""
        async with self._store.transaction() as connection:
            await self._locked(connection, user_id)
            standing = (await _profile(connection, user_id)).emails
            if len(standing) >= MOST_ADDRESSES:
                raise Conflict("max number of email addresses reached")
            if any(email.address == new.address for email in standing):
                raise InvalidRequest("Bad Request")
            try:
                email = await self._insert(connection, user_id, replace(new, is_primary=not standing))
            except Conflict as error:
                raise InvalidRequest("Bad Request") from error
            if new.is_primary and standing:
                await users.set_primary(connection, user_id, email.id, now=self._clock.now())
            await users.note_change(connection, user_id, now=self._clock.now())
            await self._note(connection, Event.ADDRESS_ADDED, user_id, by, verified_by=email.verified_by)
            return replace(email, is_primary=new.is_primary or not standing)

    async def delete_address(self, user_id: str, email_id: str, by: By) -> None:
        """Remove an address. Raises `NotFound`, `Conflict` for the primary one."""
        async with self._store.transaction() as connection:
            await self._locked(connection, user_id)
            if (await _email(connection, user_id, email_id)).is_primary:
                raise Conflict("Conflict")
            await users.delete_email(connection, email_id)
            await users.note_change(connection, user_id, now=self._clock.now())
            await self._note(connection, Event.ADDRESS_DELETED, user_id, by)

    async def set_primary(self, user_id: str, email_id: str, by: By) -> None:
        """Let this address name the user. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            await self._locked(connection, user_id)
            if not (await _email(connection, user_id, email_id)).is_primary:
                await users.set_primary(connection, user_id, email_id, now=self._clock.now())
                await users.note_change(connection, user_id, now=self._clock.now())
                await self._note(connection, Event.PRIMARY_CHANGED, user_id, by)

    async def _locked(self, connection: Connection, user_id: str) -> User:
        user = await users.lock_user_row(connection, user_id)
        if user is None:
            raise NotFound("user not found")
        return user

    async def _insert(self, connection: Connection, user_id: str, new: NewAddress) -> Email:
        now = self._clock.now()
        email = Email(
            id=new_id(self._clock.now_ms()),  # in the order in which they are listed
            user_id=user_id,
            address=new.address,
            is_primary=new.is_primary,
            is_verified=new.is_verified,
            verified_by=OPERATOR if new.is_verified else None,
            created_at=now,
            updated_at=now,
        )
        taken = f"failed to create email '{new.address}' for user '{user_id}': email already exists"
        if new.is_verified and await users.holders(connection, [new.address]):
            raise Conflict(taken)
        try:
            await users.insert_email(connection, email)
        except NotUnique as error:
            raise Conflict(taken) from error
        return email

    async def _note(
        self,
        connection: Connection,
        event: Event,
        user_id: str,
        by: By,
        *,
        subject: UserProfile | None = None,
        verified_by: str | None = None,
    ) -> None:
        detail: dict[str, Any] = {} if verified_by is None else {"verified_by": verified_by}
        await record(
            connection,
            event,
            clock=self._clock,
            user_id=user_id,
            actor="operator",
            requester=by.requester,
            subject=subject,
            **by.named,
            **detail,
        )


async def _profile(connection: Connection, user_id: str) -> UserProfile:
    found = await users.profile(connection, user_id)
    if found is None:
        raise NotFound("user not found")
    return found


async def _email(connection: Connection, user_id: str, email_id: str) -> Email:
    found = next((each for each in (await _profile(connection, user_id)).emails if each.id == email_id), None)
    if found is None:
        raise NotFound(f"email with id '{email_id}' was not found")
    return found
