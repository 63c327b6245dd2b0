"""What an application's program does to people's records: make, change and remove users, each by its own word.

An application knows one address of a user: the one that names them. Another takes its place, and the former goes, since
it would keep out, or let in, whoever has that mailbox next. What an identity of theirs names comes back with its next
sign-in. An address that the application calls verified counts as an operator's word, as in `administration`.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from broker.accounts.metadata import patched
from broker.clock import Clock
from broker.crypto import new_id
from broker.errors import Conflict, NotFound, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import By
from broker.models.identities import OPERATOR
from broker.models.users import Email, Person, User, UserProfile
from broker.store import metadata as metadata_rows
from broker.store import people, users
from broker.store.base import Connection, Store

ADDRESS_TAKEN = "address_taken"
EXTERNAL_ID_TAKEN = "external_id_taken"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be. `values` are members of `User`, of which those that are absent stay as they are.

    `address`, in its canonical spelling, and `is_verified`: `None` leaves each. `metadata` is merged into what
    applications keep (RFC 7396); with `clears_metadata` there is nothing to merge into.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    address: str | None = None
    is_verified: bool | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    clears_metadata: bool = False


class Upkeep:
    """Every deed is one transaction with its entries in the trail. `Conflict` has one of the codes above."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, wanted: Wanted, by: By) -> Person:
        """Make a user without identity. Raises `Conflict`, `InvalidRequest`."""
        now = self._clock.now()
        blank = User(
            id=new_id(self._clock.now_ms()),
            name=None,
            given_name=None,
            family_name=None,
            picture=None,
            created_at=now,
            updated_at=now,
            locked_at=None,
        )
        user = with_values(blank, wanted.values)
        async with self._store.transaction() as connection:
            await _unless_taken(users.insert_user(connection, user), code=EXTERNAL_ID_TAKEN)
            if wanted.address is not None:
                await self._name(connection, user.id, wanted.address, is_verified=wanted.is_verified or False)
            await self._keep(connection, user.id, wanted)
            await self._note(connection, Event.USER_CREATED, user.id, by)
            return await _person(connection, user.id)

    async def change(self, user_id: str, wanted: Wanted, by: By) -> Person:
        """Raises `NotFound` (also where no address names the user, and none shall), `Conflict`, `InvalidRequest`."""
        now = self._clock.now()
        async with self._store.transaction() as connection:
            user = await users.lock_user_row(connection, user_id)
            if user is None:
                raise NotFound("user not found")
            profile = await users.profile_of(connection, user)
            if profile.primary_email is None and wanted.address is None:
                raise NotFound("no address names the user")
            changed = with_values(user, wanted.values)
            if changed != user:
                await _unless_taken(users.put_profile(connection, changed, now=now), code=EXTERNAL_ID_TAKEN)
                await self._note(connection, Event.USER_CHANGED, user_id, by)
            event = await self._rename(connection, profile, wanted)
            if event is not None:
                await self._note(connection, event, user_id, by)
            if await self._keep(connection, user_id, wanted):
                await self._note(connection, Event.METADATA_CHANGED, user_id, by)
            return await _person(connection, user_id)

    async def delete(self, user_id: str, by: By) -> None:
        """Forget the user; their sessions end with them. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            user = await users.lock_user_row(connection, user_id)
            if user is None:
                raise NotFound("user not found")
            profile = await users.profile_of(connection, user)
            await self._note(connection, Event.USER_DELETED, user_id, by, subject=profile)
            await users.delete_user(connection, user_id)

    async def _rename(self, connection: Connection, profile: UserProfile, wanted: Wanted) -> Event | None:
        """The address that names the user, and whether it counts as theirs; answers what happened."""
        user_id, standing = profile.user.id, profile.primary_email
        address = wanted.address or (None if standing is None else standing.address)
        if address is None:
            return None
        known = next((each for each in profile.emails if each.address == address), None)
        is_named = standing is not None and standing.address == address
        if standing is not None and not is_named:
            await users.delete_email(connection, standing.id)
        if known is None:
            await self._name(connection, user_id, address, is_verified=wanted.is_verified or False)
        else:
            is_judged = await self._judge(connection, known, is_verified=wanted.is_verified)
            if is_named and not is_judged:
                return None
            await users.set_primary(connection, user_id, known.id, now=self._clock.now())
        await users.note_change(connection, user_id, now=self._clock.now())
        if not is_named:
            return Event.PRIMARY_CHANGED
        return Event.ADDRESS_PROVEN if wanted.is_verified else Event.USER_CHANGED

    async def _name(self, connection: Connection, user_id: str, address: str, *, is_verified: bool) -> None:
        """Let this address, which the user has not, name them.

        It is held until we know that nobody else is named so: of two programs that name two people so at once, the
        second waits here, and then sees what the first did.
        """
        now = self._clock.now()
        email = Email(
            id=new_id(self._clock.now_ms()),
            user_id=user_id,
            address=address,
            is_primary=True,
            is_verified=is_verified,
            verified_by=OPERATOR,
            created_at=now,
            updated_at=now,
        )
        await _unless_taken(users.insert_email(connection, email), code=ADDRESS_TAKEN)
        if await people.has_namesake(connection, address, beside=user_id):
            raise Conflict("another user has this address", code=ADDRESS_TAKEN)
        if not is_verified:
            await users.prove_address(connection, email.id, verified_by=None, is_verified=False, now=now)

    async def _judge(self, connection: Connection, email: Email, *, is_verified: bool | None) -> bool:
        """The application's word on an address that the user has; whether that changed anything."""
        if is_verified is None or is_verified == email.is_verified:
            return False
        judged = users.prove_address(
            connection,
            email.id,
            verified_by=OPERATOR if is_verified else None,
            is_verified=is_verified,
            now=self._clock.now(),
        )
        await _unless_taken(judged, code=ADDRESS_TAKEN)
        return True

    async def _keep(self, connection: Connection, user_id: str, wanted: Wanted) -> bool:
        """What applications keep about the user; whether that changed anything."""
        if not wanted.metadata and not wanted.clears_metadata:
            return False
        standing = await metadata_rows.metadata(connection, user_id)
        ground = replace(standing, public=None) if wanted.clears_metadata else standing
        kept = patched(ground, {"public": wanted.metadata})
        if kept == standing:
            return False
        await metadata_rows.put_metadata(connection, user_id, kept)
        await users.note_change(connection, user_id, now=self._clock.now())
        return True

    async def _note(
        self, connection: Connection, event: Event, user_id: str, by: By, *, subject: UserProfile | None = None
    ) -> None:
        detail: dict[str, Any] = {**by.named}
        if event is Event.ADDRESS_PROVEN:
            detail["verified_by"] = OPERATOR
        await record(
            connection,
            event,
            clock=self._clock,
            user_id=user_id,
            actor="operator",
            requester=by.requester,
            subject=subject,
            **detail,
        )


def with_values(user: User, values: Mapping[str, str | None]) -> User:
    """The user with these members. A name that is nothing but its parts follows them."""
    changed = replace(user, **values)  # type: ignore[arg-type]  # only members that are text
    if "name" not in values and user.name == _joined(user):
        changed = replace(changed, name=_joined(changed))
    return changed


def _joined(user: User) -> str | None:
    return " ".join(part for part in (user.given_name, user.family_name) if part) or None


async def _unless_taken(writing: Awaitable[None], *, code: str) -> None:
    """Addresses and external ids are one user's. Raises `Conflict`."""
    try:
        await writing
    except NotUnique as error:
        raise Conflict("another user has it", code=code) from error


async def _person(connection: Connection, user_id: str) -> Person:
    found = await people.person(connection, user_id)
    if found is None:
        raise NotFound("user not found")
    return found
