"""Who belongs to which organization: what an application says, and what a sign-in by an organization's connection says.

A membership that is no longer active lets nobody in, and ends the sessions that act in its organization.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.accounts.organization_sessions import end_sessions_in
from broker.accounts.organizations import note
from broker.clock import Clock
from broker.crypto import new_id
from broker.errors import Conflict, InvalidRequest, NotFound
from broker.events.catalogue import Event
from broker.models.events import By
from broker.models.lists import Part, Seek
from broker.models.organizations import MEMBER, Membership, MembershipFilter, Organization
from broker.models.sessions import Session
from broker.models.users import Person
from broker.store import memberships as rows
from broker.store import organizations, users
from broker.store import people as people_rows
from broker.store.base import Connection, Store

_GONE = "There is no such organization membership."


@dataclass(frozen=True, kw_only=True)
class Member:
    """A membership with whose it is and where."""

    membership: Membership
    person: Person
    organization: Organization


class Memberships:
    """Every deed is one transaction with its entry in the trail; the user's row comes first, as everywhere."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, user_id: str, organization_id: str, roles: tuple[str, ...], by: By) -> Member:
        """Let the user belong to it. One who did before does so again. Raises `NotFound`, `Conflict`."""
        now = self._clock.now()
        new = Membership(
            id=new_id(self._clock.now_ms()),
            user_id=user_id,
            organization_id=organization_id,
            status="active",
            roles=roles or (MEMBER,),
            created_at=now,
            updated_at=now,
        )
        async with self._store.transaction() as connection:
            if await users.lock_user_row(connection, user_id) is None:
                raise NotFound("There is no such user.")
            # Held, and not just looked at: one that goes meanwhile would take the row from under the membership.
            if await organizations.lock_organization(connection, organization_id) is None:
                raise NotFound("There is no such organization.")
            if await rows.insert_membership(connection, new):
                await self._note(connection, Event.MEMBERSHIP_CREATED, new, by)
                return await _member(connection, new)
            found = await rows.membership_of(connection, user_id, organization_id)
            if found is None or found.status == "active":
                raise Conflict("The user is a member of the organization already.")
            return await self._put(connection, replace(found, status="active", roles=roles or found.roles), by)

    async def get(self, membership_id: str) -> Member:
        """The membership with this id. Raises `NotFound`."""
        async with self._store.read() as connection:
            return await _member(connection, _found(await rows.membership(connection, membership_id)))

    async def of(self, user_id: str, organization_id: str) -> Membership | None:
        """The user's active membership there."""
        async with self._store.read() as connection:
            found = await rows.membership_of(connection, user_id, organization_id)
        return found if found is not None and found.status == "active" else None

    async def in_which(self, session: Session) -> Membership | None:
        """The membership in which a session acts, if it acts in an organization."""
        organization_id = session.organization_id
        return None if organization_id is None else await self.of(session.user_id, organization_id)

    async def page(self, wanted: Seek, sought: MembershipFilter) -> Part[Member]:
        """One page of those that fit."""
        async with self._store.read() as connection:
            found = await rows.page(connection, wanted, sought)
            return found.holding(await _members(connection, found.items))

    async def change_roles(self, membership_id: str, roles: tuple[str, ...], by: By) -> Member:
        """Give them these roles; none leaves those that they have. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            found = await self._locked(connection, membership_id)
            if not roles or found.roles == roles:
                return await _member(connection, found)
            return await self._put(connection, replace(found, roles=roles), by)

    async def deactivate(self, membership_id: str, by: By) -> Member:
        """They belong to it no longer, until they are told to; sessions that act in it end. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            found = await self._locked(connection, membership_id)
            if found.status == "pending":
                raise InvalidRequest("The membership is pending; delete it instead.")
            if found.status == "inactive":
                return await _member(connection, found)
            member = await self._put(connection, replace(found, status="inactive"), by)
            await end_sessions_in(connection, found.organization_id, clock=self._clock, by=by, user_id=found.user_id)
            return member

    async def reactivate(self, membership_id: str, by: By) -> Member:
        """They belong to it again, in the roles that they had. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            found = await self._locked(connection, membership_id)
            if found.status == "pending":
                raise InvalidRequest("The membership is pending.")
            if found.status == "active":
                return await _member(connection, found)
            return await self._put(connection, replace(found, status="active"), by)

    async def delete(self, membership_id: str, by: By) -> None:
        """They belong to it no longer; sessions that act in it end. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            found = await self._locked(connection, membership_id)
            await rows.delete_membership(connection, membership_id)
            await end_sessions_in(connection, found.organization_id, clock=self._clock, by=by, user_id=found.user_id)
            await self._note(connection, Event.MEMBERSHIP_DELETED, found, by)

    async def _locked(self, connection: Connection, membership_id: str) -> Membership:
        """The membership, once its user's row is ours: a sign-in that joins holds it, too."""
        found = _found(await rows.membership(connection, membership_id))
        await users.lock_user_row(connection, found.user_id)
        return _found(await rows.membership(connection, membership_id))

    async def _put(self, connection: Connection, changed: Membership, by: By) -> Member:
        changed = replace(changed, updated_at=self._clock.now())
        await rows.put_membership(connection, changed)
        await self._note(connection, Event.MEMBERSHIP_CHANGED, changed, by)
        return await _member(connection, changed)

    async def _note(self, connection: Connection, event: Event, membership: Membership, by: By) -> None:
        await note_membership(connection, event, membership, clock=self._clock, by=by)


async def is_member(connection: Connection, user_id: str, organization_id: str) -> bool:
    """Whether the user belongs to it, and does so until the transaction ends, which holds the user's row."""
    found = await rows.lock_membership_of(connection, user_id, organization_id)
    return found is not None and found.status == "active"


async def note_membership(
    connection: Connection, event: Event, membership: Membership, *, clock: Clock, by: By, **detail: Any
) -> None:
    """The entry of a change to a membership."""
    await note(
        connection,
        event,
        clock=clock,
        by=by,
        organization_id=membership.organization_id,
        about=membership,
        user_id=membership.user_id,
        **detail,
    )


async def _member(connection: Connection, membership: Membership) -> Member:
    found = await _members(connection, [membership])
    if not found:
        raise NotFound(_GONE)
    return found[0]


async def _members(connection: Connection, found: Sequence[Membership]) -> list[Member]:
    """A few statements for any number of them."""
    people = {
        each.profile.user.id: each
        for each in await people_rows.people(connection, list(dict.fromkeys(each.user_id for each in found)))
    }
    there = await organizations.organizations(connection, list(dict.fromkeys(each.organization_id for each in found)))
    return [
        Member(membership=each, person=people[each.user_id], organization=there[each.organization_id])
        for each in found
        if each.user_id in people and each.organization_id in there
    ]


def _found(membership: Membership | None) -> Membership:
    if membership is None:
        raise NotFound(_GONE)
    return membership
