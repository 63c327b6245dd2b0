"""Rows of users and of their addresses.

An address is held by at most one user, as long as something speaks for it (`verified_by`): a partial unique index
decides, so two sign-ins that race for it cannot both win. Who may take an address from whom is `accounts/linking`'s.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from broker.models.identities import Identity
from broker.models.users import Email, User, UserProfile
from broker.store.base import Connection, Row
from broker.store.identities import identities_between

_ADDRESSES_AT_ONCE = 4
USER_COLUMNS = "id, name, given_name, family_name, picture, created_at, updated_at, locked_at, external_id, locale"
EMAIL_COLUMNS = "id, user_id, address, is_primary, is_verified, verified_by, created_at, updated_at"
_FIND = f"SELECT {USER_COLUMNS} FROM users WHERE id = $1"  # noqa: S608 - constants, all of it
_LOCK = f"UPDATE users SET updated_at = updated_at WHERE id = $1 RETURNING {USER_COLUMNS}"  # noqa: S608
_NEXT = f"SELECT {USER_COLUMNS} FROM users WHERE id > $1 ORDER BY id LIMIT $2"  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class AddressHolder:
    """A user who has an address that something speaks for.

    `emulated`: an identity of theirs is an emulator's, and no real one names this address. Somebody without identities
    (imported, say) holds it like anybody else. `known_at`: provider and tenant of each of their identities.
    """

    email_id: str
    user_id: str
    address: str
    is_verified: bool
    verified_by: str
    emulated: bool
    known_at: frozenset[tuple[str, str | None]]


async def insert_user(c: Connection, user: User) -> None:
    """Add a user. Raises `NotUnique`: the id, or the external id, is somebody's."""
    await c.execute(
        f"INSERT INTO users ({USER_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",  # noqa: S608
        user.id,
        user.name,
        user.given_name,
        user.family_name,
        user.picture,
        user.created_at,
        user.updated_at,
        user.locked_at,
        user.external_id,
        user.locale,
    )


async def insert_email(c: Connection, email: Email) -> None:
    """Add an address. Raises `NotUnique`: held by somebody, the user's already, or a second primary one."""
    await c.execute(
        f"INSERT INTO emails ({EMAIL_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608
        email.id,
        email.user_id,
        email.address,
        email.is_primary,
        email.is_verified,
        email.verified_by,
        email.created_at,
        email.updated_at,
    )


async def user(c: Connection, user_id: str) -> User | None:
    """The user with this id."""
    row = await c.fetch_one(_FIND, user_id)
    return None if row is None else user_of(row)


async def lock_user_row(c: Connection, user_id: str) -> User | None:
    """Make everybody else who does this wait until our transaction ends, and answer the user as of then.

    The first statement of every change to a user: sign-ins of one person follow one another. It changes nothing.
    """
    row = await c.fetch_one(_LOCK, user_id)
    return None if row is None else user_of(row)


async def profile(c: Connection, user_id: str) -> UserProfile | None:
    """The user with addresses and identities, oldest first."""
    found = await user(c, user_id)
    return None if found is None else await profile_of(c, found)


async def profile_of(c: Connection, found: User) -> UserProfile:
    """What belongs to a user whose row was read, or locked, just now."""
    return (await _profiles(c, [found]))[0]


async def profile_by_address(c: Connection, address: str) -> UserProfile | None:
    """Who holds the address. An address that nothing speaks for finds nobody."""
    row = await c.fetch_one("SELECT user_id FROM emails WHERE address = $1 AND verified_by IS NOT NULL", address)
    return None if row is None else await profile(c, row["user_id"])


async def profiles(c: Connection, *, after: str | None = None, limit: int = 100) -> list[UserProfile]:
    """The next `limit` users behind the id `after`, by id, which is by age."""
    rows = await c.fetch_all(_NEXT, after or "", limit)
    return await _profiles(c, [user_of(row) for row in rows])


async def holders(c: Connection, addresses: Sequence[str]) -> list[AddressHolder]:
    """Who holds any of these addresses; of one held by nobody nothing is said."""
    found: list[AddressHolder] = []
    for start in range(0, len(addresses), _ADDRESSES_AT_ONCE):
        asked = [*addresses[start : start + _ADDRESSES_AT_ONCE]]
        asked += asked[:1] * (_ADDRESSES_AT_ONCE - len(asked))
        rows = await c.fetch_all(
            "SELECT e.id, e.user_id, e.address, e.is_verified, e.verified_by, i.provider, i.tenant, i.emulator,"
            " i.address AS named"
            " FROM emails e LEFT JOIN identities i ON i.user_id = e.user_id"
            " WHERE e.address IN ($1, $2, $3, $4) AND e.verified_by IS NOT NULL",
            *asked,
        )
        by_email: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_email[row["id"]].append(row)
        found += [_holder(rows) for rows in by_email.values()]
    return found


async def update_profile(
    c: Connection, user_id: str, *, name: str | None, given_name: str | None, family_name: str | None, now: int
) -> None:
    """Take over names that a provider told; `None` leaves what is there. The user counts as changed."""
    await c.execute(
        "UPDATE users SET name = COALESCE($2, name), given_name = COALESCE($3, given_name),"
        " family_name = COALESCE($4, family_name), updated_at = $5 WHERE id = $1",
        user_id,
        name,
        given_name,
        family_name,
        now,
    )


async def put_profile(c: Connection, user: User, *, now: int) -> None:
    """Names, picture and what applications call them as they are here, cleared ones included.

    Raises `NotUnique`: an application calls somebody else so.
    """
    await c.execute(
        "UPDATE users SET name = $2, given_name = $3, family_name = $4, picture = $5, updated_at = $6,"
        " external_id = $7, locale = $8 WHERE id = $1",
        user.id,
        user.name,
        user.given_name,
        user.family_name,
        user.picture,
        now,
        user.external_id,
        user.locale,
    )


async def note_change(c: Connection, user_id: str, *, now: int) -> None:
    """Something that belongs to the user changed: an address or an identity."""
    await c.execute("UPDATE users SET updated_at = $2 WHERE id = $1", user_id, now)


async def set_locked(c: Connection, user_id: str, *, locked_at: int | None, now: int) -> bool:
    """Lock (a point in time) or unlock (`None`); false when there is no such user. Sessions are the caller's to end."""
    changed = await c.execute("UPDATE users SET locked_at = $2, updated_at = $3 WHERE id = $1", user_id, locked_at, now)
    return changed == 1


async def release_address(c: Connection, holder: AddressHolder, *, now: int) -> bool:
    """The address gives way: its user loses it, and the oldest that they still hold names them from then on.

    False, and nothing happens, when the row is no longer as `holder` says: proven or gone in the meantime.
    """
    # The user's row first, as everywhere: their own sign-in holds it while it changes their addresses.
    await note_change(c, holder.user_id, now=now)
    released = await c.execute(
        "DELETE FROM emails WHERE id = $1 AND user_id = $2 AND is_verified = $3 AND verified_by = $4",
        holder.email_id,
        holder.user_id,
        holder.is_verified,
        holder.verified_by,
    )
    await c.execute(
        "UPDATE emails SET is_primary = TRUE, updated_at = $2 WHERE id = (SELECT id FROM emails WHERE user_id = $1"
        " AND verified_by IS NOT NULL ORDER BY created_at, id LIMIT 1)"
        " AND NOT EXISTS (SELECT 1 FROM emails WHERE user_id = $1 AND is_primary)",
        holder.user_id,
        now,
    )
    return released == 1


async def prove_address(c: Connection, email_id: str, *, verified_by: str | None, is_verified: bool, now: int) -> None:
    """Note what speaks for the address and whether it proves the mailbox. Raises `NotUnique` while another holds it."""
    await c.execute(
        "UPDATE emails SET verified_by = $2, is_verified = $3, updated_at = $4 WHERE id = $1",
        email_id,
        verified_by,
        is_verified,
        now,
    )


async def delete_email(c: Connection, email_id: str) -> bool:
    """Remove an address."""
    return await c.execute("DELETE FROM emails WHERE id = $1", email_id) == 1


async def set_primary(c: Connection, user_id: str, email_id: str, *, now: int) -> None:
    """Let this address of the user name them, and no other."""
    await c.execute(
        "UPDATE emails SET is_primary = FALSE, updated_at = $2 WHERE user_id = $1 AND is_primary", user_id, now
    )
    await c.execute(
        "UPDATE emails SET is_primary = TRUE, updated_at = $3 WHERE id = $2 AND user_id = $1", user_id, email_id, now
    )


async def delete_user(c: Connection, user_id: str) -> bool:
    """Remove a user with addresses, identities, sessions and codes; audit entries stay. False: no such user."""
    # Left to the engine, others would wait for us and we for them: whoever removes an organization takes memberships
    # before sessions, and of whoever writes twice to a session's row PostgreSQL asks whether its user is still there.
    await c.execute("DELETE FROM memberships WHERE user_id = $1", user_id)
    await c.execute("DELETE FROM sessions WHERE user_id = $1", user_id)
    return await c.execute("DELETE FROM users WHERE id = $1", user_id) == 1


async def _profiles(c: Connection, users: Sequence[User]) -> list[UserProfile]:
    """Two statements for any number of users, which must be neighbours by id."""
    if not users:
        return []
    first, last = users[0].id, users[-1].id
    rows = await c.fetch_all(
        f"SELECT {EMAIL_COLUMNS} FROM emails WHERE user_id BETWEEN $1 AND $2 ORDER BY user_id, created_at, id",  # noqa: S608
        first,
        last,
    )
    emails: defaultdict[str, list[Email]] = defaultdict(list)
    for row in rows:
        emails[row["user_id"]].append(email_of(row))
    identities: defaultdict[str, list[Identity]] = defaultdict(list)
    for identity in await identities_between(c, first_user_id=first, last_user_id=last):
        identities[identity.user_id].append(identity)
    return [
        UserProfile(user=each, emails=tuple(emails[each.id]), identities=tuple(identities[each.id])) for each in users
    ]


def user_of(row: Row) -> User:
    """A row of `USER_COLUMNS`."""
    return User(
        id=row["id"],
        name=row["name"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        picture=row["picture"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        locked_at=row["locked_at"],
        external_id=row["external_id"],
        locale=row["locale"],
    )


def email_of(row: Row) -> Email:
    """A row of `EMAIL_COLUMNS`."""
    return Email(
        id=row["id"],
        user_id=row["user_id"],
        address=row["address"],
        is_primary=bool(row["is_primary"]),
        is_verified=bool(row["is_verified"]),
        verified_by=row["verified_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _holder(rows: Sequence[Row]) -> AddressHolder:
    """One row for each identity of the user; one without any where they have none."""
    row = rows[0]
    identities = [each for each in rows if each["provider"] is not None]
    names_it = (not each["emulator"] and each["named"] == row["address"] for each in identities)
    return AddressHolder(
        email_id=row["id"],
        user_id=row["user_id"],
        address=row["address"],
        is_verified=bool(row["is_verified"]),
        verified_by=row["verified_by"],
        emulated=any(each["emulator"] for each in identities) and not any(names_it),
        known_at=frozenset((each["provider"], each["tenant"]) for each in identities),
    )
