"""Users as lists show them: by age, filtered by the address that names them or by an organization, from any of them in
both directions. Somebody whom no address names is in no list.

Ids that came from elsewhere do not tell when their user was made, so users are listed by that and then by id.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from broker.models.identities import Identity
from broker.models.lists import Part, Seek
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.users import Email, PeopleFilter, Person, UserProfile
from broker.store.base import Connection, Row
from broker.store.identities import IDENTITY_COLUMNS, identity_of
from broker.store.metadata import metadata_of
from broker.store.seek import Conditions, seek
from broker.store.users import EMAIL_COLUMNS, USER_COLUMNS, email_of, user_of

Dated = TypeVar("Dated", Email, Identity)
_NAMED = "EXISTS (SELECT 1 FROM emails e WHERE e.user_id = users.id AND e.is_primary)"


async def created_at(c: Connection, user_id: str) -> int | None:
    """When a user was made, who is here."""
    row = await c.fetch_one("SELECT created_at FROM users WHERE id = $1", user_id)
    return None if row is None else row["created_at"]


async def page(c: Connection, wanted: Seek, sought: PeopleFilter, *, place: tuple[int, str] | None) -> Part[Person]:
    """One page. `place`: when the user whom the cursor names was made (seconds), and their id."""
    where = Conditions()
    if sought.address is None:
        where.add(_NAMED)
    else:
        where.add(_found_by(where.given(sought.address)))
    if sought.organization_id is not None:
        there = where.given(sought.organization_id)
        where.add(f"id IN (SELECT user_id FROM memberships WHERE organization_id = {there} AND status = 'active')")  # noqa: S608
    found = await seek(c, "created_at, id", "users", where, wanted, key=("created_at", "id"), place=place)
    return found.holding(await people(c, [row["id"] for row in found.items]))


def _found_by(address: str) -> str:
    """Who is named by it: one who holds it, or else those who merely display it. Anybody can have somebody else's
    displayed, and programs that ask for an address take whom they are told for its owner. An emulator's word keeps
    nobody out of sight.
    """
    held = (
        f"SELECT 1 FROM emails h WHERE h.address = {address} AND h.verified_by IS NOT NULL"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = h.user_id AND i.emulator)"
    )
    return (
        f"id IN (SELECT user_id FROM emails WHERE address = {address} AND is_primary"  # noqa: S608
        f" AND (verified_by IS NOT NULL OR NOT EXISTS ({held})))"
    )


async def person(c: Connection, user_id: str) -> Person | None:
    """The user with this id."""
    return next(iter(await people(c, [user_id])), None)


async def by_external_id(c: Connection, external_id: str) -> str | None:
    """The id of the user whom an application calls so."""
    row = await c.fetch_one("SELECT id FROM users WHERE external_id = $1", external_id)
    return None if row is None else row["id"]


async def has_namesake(c: Connection, address: str, *, beside: str) -> bool:
    """Whether another user than `beside` holds this address, or is named by it and known by no identity.

    What somebody merely displays who signed in blocks nobody.
    """
    row = await c.fetch_one(
        "SELECT 1 AS found FROM emails e WHERE e.address = $1 AND e.user_id <> $2 AND (e.verified_by IS NOT NULL"
        " OR e.is_primary AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = e.user_id)) LIMIT 1",
        address,
        beside,
    )
    return row is not None


async def people(c: Connection, user_ids: Sequence[str]) -> list[Person]:
    """These users in this order, by four statements for any number of them; somebody who is gone is left out."""
    if not user_ids:
        return []
    users = {row["id"]: user_of(row) for row in await _rows(c, f"{USER_COLUMNS} FROM users", "id", user_ids)}
    emails: defaultdict[str, list[Email]] = defaultdict(list)
    for row in await _rows(c, f"{EMAIL_COLUMNS} FROM emails", "user_id", user_ids):
        emails[row["user_id"]].append(email_of(row))
    identities: defaultdict[str, list[Identity]] = defaultdict(list)
    for row in await _rows(c, f"{IDENTITY_COLUMNS} FROM identities", "user_id", user_ids):
        identities[row["user_id"]].append(identity_of(row))
    kept: dict[str, UserMetadata] = {}
    for row in await _rows(c, "user_id, public, private, unsafe FROM user_metadata", "user_id", user_ids):
        kept[row["user_id"]] = metadata_of(row)
    return [
        Person(
            profile=UserProfile(
                user=users[each], emails=_oldest_first(emails[each]), identities=_oldest_first(identities[each])
            ),
            metadata=kept.get(each, NO_METADATA),
        )
        for each in user_ids
        if each in users
    ]


async def _rows(c: Connection, what: str, column: str, user_ids: Sequence[str]) -> Sequence[Row]:
    where = Conditions()
    where.one_of(column, user_ids)
    return await c.fetch_all(f"SELECT {what} WHERE {where.text}", *where.arguments)


def _oldest_first(found: list[Dated]) -> tuple[Dated, ...]:
    return tuple(sorted(found, key=lambda each: (each.created_at, each.id)))
