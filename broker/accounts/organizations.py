"""Organizations as an application keeps them: made, changed, removed, found and listed.

A domain is verified by whoever may say so, an application with its key; for one organization at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from broker.accounts.organization_sessions import end_sessions_in
from broker.clock import Clock
from broker.crypto import new_id
from broker.errors import Conflict, InvalidRequest, NotFound, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import By
from broker.models.lists import Part, Seek
from broker.models.organizations import Organization, OrganizationDomain
from broker.store import organizations as rows
from broker.store.base import Connection, Store

MOST_DOMAINS: Final = 100
MOST_METADATA: Final = 50
_GONE: Final = "There is no such organization."


@dataclass(frozen=True, kw_only=True)
class NewDomain:
    """A domain in its canonical spelling."""

    domain: str
    is_verified: bool


@dataclass(frozen=True, kw_only=True)
class OrganizationChange:
    """What is set; `None` in `name`, `domains` and `admits_outsiders` leaves what is there.

    `metadata`: the members that change, those that are `None` go; `clears_metadata` takes away what was there before.
    `external_id` is set only with `sets_external_id`, for it can be taken away.
    """

    name: str | None = None
    domains: Sequence[NewDomain] | None = None
    admits_outsiders: bool | None = None
    metadata: Mapping[str, str | None] = field(default_factory=dict)
    clears_metadata: bool = False
    external_id: str | None = None
    sets_external_id: bool = False


class Organizations:
    """Every deed is one transaction with its entry in the trail."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, new: OrganizationChange, by: By) -> Organization:
        """Make one; it needs a name. Raises `Conflict`: another one has its external id, or a verified domain of it."""
        if new.name is None:
            raise InvalidRequest("name is missing")
        now = self._clock.now()
        blank = Organization(
            id=new_id(self._clock.now_ms()),
            name=new.name,
            domains=(),
            external_id=None,
            metadata={},
            admits_outsiders=False,
            created_at=now,
            updated_at=now,
        )
        made = self._changed(blank, new)
        try:
            async with self._store.transaction() as connection:
                await rows.insert_organization(connection, made)
                await self._note(connection, Event.ORGANIZATION_CREATED, made, by)
        except NotUnique as error:
            raise _taken() from error
        return made

    async def get(self, organization_id: str) -> Organization:
        """The organization with this id. Raises `NotFound`."""
        async with self._store.read() as connection:
            return _found(await rows.organization(connection, organization_id))

    async def by_external_id(self, external_id: str) -> Organization:
        """The organization that the application calls so. Raises `NotFound`."""
        async with self._store.read() as connection:
            return _found(await rows.organization_by_external_id(connection, external_id))

    async def page(
        self, wanted: Seek, *, domains: Sequence[str] = (), name_part: str | None = None
    ) -> Part[Organization]:
        """One page of those that have one of these domains, and this in their name."""
        async with self._store.read() as connection:
            return await rows.page(connection, wanted, domains=domains, name_part=name_part)

    async def change(self, organization_id: str, change: OrganizationChange, by: By) -> Organization:
        """Change one. Raises `NotFound`, and what `create` raises."""
        try:
            async with self._store.transaction() as connection:
                found = _found(await rows.lock_organization(connection, organization_id))
                changed = replace(self._changed(found, change), updated_at=self._clock.now())
                await rows.put_organization(connection, changed)
                await self._note(connection, Event.ORGANIZATION_CHANGED, changed, by)
        except NotUnique as error:
            raise _taken() from error
        return changed

    async def delete(self, organization_id: str, by: By) -> None:
        """Remove one, with its connections and memberships; sessions that act in it end. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            found = _found(await rows.lock_organization(connection, organization_id))
            # Memberships before sessions: who begins a session there holds their membership until it is there to end.
            await rows.delete_organization(connection, organization_id)
            await end_sessions_in(connection, organization_id, clock=self._clock, by=by)
            await self._note(connection, Event.ORGANIZATION_DELETED, found, by)

    def _changed(self, found: Organization, change: OrganizationChange) -> Organization:
        metadata = {} if change.clears_metadata else dict(found.metadata)
        metadata |= {key: value for key, value in change.metadata.items() if value is not None}
        for key in (key for key, value in change.metadata.items() if value is None):
            metadata.pop(key, None)
        if len(metadata) > MOST_METADATA:
            raise InvalidRequest(f"metadata holds more than {MOST_METADATA} members")
        return replace(
            found,
            name=found.name if change.name is None else change.name,
            domains=found.domains if change.domains is None else self._domains(found, change.domains),
            admits_outsiders=found.admits_outsiders if change.admits_outsiders is None else change.admits_outsiders,
            metadata=metadata,
            external_id=change.external_id if change.sets_external_id else found.external_id,
        )

    def _domains(self, found: Organization, wanted: Sequence[NewDomain]) -> tuple[OrganizationDomain, ...]:
        """One row a domain; what was there keeps its id, and its age."""
        if len(wanted) > MOST_DOMAINS:
            raise InvalidRequest(f"an organization has {MOST_DOMAINS} domains at most")
        now, before = self._clock.now(), {each.domain: each for each in found.domains}
        kept: dict[str, OrganizationDomain] = {}
        for new in wanted:
            known = before.get(new.domain)
            if known is None:
                made = OrganizationDomain(
                    id=new_id(self._clock.now_ms()),
                    domain=new.domain,
                    is_verified=new.is_verified,
                    created_at=now,
                    updated_at=now,
                )
            elif known.is_verified == new.is_verified:
                made = known
            else:
                made = replace(known, is_verified=new.is_verified, updated_at=now)
            kept[new.domain] = made
        return tuple(kept.values())

    async def _note(self, connection: Connection, event: Event, organization: Organization, by: By) -> None:
        await note(connection, event, clock=self._clock, by=by, organization_id=organization.id, about=organization)


async def note(
    connection: Connection,
    event: Event,
    *,
    clock: Clock,
    by: By,
    organization_id: str,
    about: object,
    user_id: str | None = None,
    actor: str = "operator",
    **detail: str | int | bool | None,
) -> None:
    """The entry for what happened to an organization, or to what belongs to one: by an application, or a sign-in."""
    named: dict[str, Any] = {"organization": organization_id, **detail, **by.named}
    await record(
        connection,
        event,
        clock=clock,
        user_id=user_id,
        actor=actor,
        requester=by.requester,
        organization_id=organization_id,
        about=about,
        **named,
    )


def _found(organization: Organization | None) -> Organization:
    if organization is None:
        raise NotFound(_GONE)
    return organization


def _taken() -> Conflict:
    return Conflict("Another organization has this external_id, or one of these domains as its verified one.")
