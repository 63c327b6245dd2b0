"""Users by page, as the admin API lists them: by creation, filtered by part of an address or by ids."""

from dataclasses import dataclass

from broker.models.users import UserProfile
from broker.store.base import Connection, Value
from broker.store.people import people

_MATCHES = (
    " WHERE (CAST($1 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM emails e WHERE e.user_id = u.id"
    " AND e.address LIKE $1 ESCAPE '\\'))"
    " AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || u.id || ',%')"
)
_COUNT = "SELECT count(*) AS total FROM users u" + _MATCHES  # noqa: S608 - constants, all of it
_OLDEST = "SELECT u.id FROM users u" + _MATCHES + " ORDER BY u.created_at, u.id LIMIT $3 OFFSET $4"  # noqa: S608
_NEWEST = "SELECT u.id FROM users u" + _MATCHES + " ORDER BY u.created_at DESC, u.id DESC LIMIT $3 OFFSET $4"  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class UserPage:
    """Some users, and how many fit in all."""

    profiles: tuple[UserProfile, ...]
    total: int


async def page(
    c: Connection, *, address_part: str | None, ids: tuple[str, ...], oldest_first: bool, limit: int, offset: int
) -> UserPage:
    """The users of one page. `address_part` is taken literally; without `ids` anybody's."""
    part = None if address_part is None else f"%{literal(address_part)}%"
    listed = None if not ids else f",{','.join(ids)},"
    counted = await c.fetch_one(_COUNT, part, listed)
    wanted: tuple[Value, ...] = (part, listed, limit, offset)
    rows = await c.fetch_all(_OLDEST if oldest_first else _NEWEST, *wanted)
    found = await people(c, [row["id"] for row in rows])
    return UserPage(profiles=tuple(each.profile for each in found), total=0 if counted is None else counted["total"])


def literal(text: str) -> str:
    """A text of which `LIKE` takes no character for a pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
