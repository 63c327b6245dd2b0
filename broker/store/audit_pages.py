"""The audit log by page, newest first, as the admin API filters it.

No entry holds an address: an actor's is looked up, as it is now, and compared as it will be shown. Masked, it is no
oracle for what the mask hides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broker.models.events import AuditEntry
from broker.store.audit import entry_of
from broker.store.base import Connection, Value
from broker.store.user_pages import literal

_COLUMNS = (
    "a.id, a.type, a.created_at, a.user_id, a.session_id, a.identity_id, a.actor, a.request_id, a.ip_address,"
    " a.user_agent, a.detail, e.address AS actor_address"
)
_FROM = " FROM audit_entries a LEFT JOIN emails e ON e.user_id = a.user_id AND e.is_primary"
_STARS = "*" * 64
_LOCAL = "(length(rtrim(e.address, replace(e.address, '@', ''))) - 1)"
_MASKED = (
    f"(CASE WHEN {_LOCAL} <= 6 THEN substr(e.address, 1, 1) || '*****'"
    f" ELSE substr(e.address, 1, 3) || substr('{_STARS}', 1, {_LOCAL} - 3) END || substr(e.address, {_LOCAL} + 1))"
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of entry, and what its detail must say as JSON text (`None`: whatever)."""

    type: str
    says: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """What is asked for; texts are parts, times are seconds and exclusive. `kinds` empty means of every kind."""

    kinds: Sequence[Kind] | None = None
    after: int | None = None
    before: int | None = None
    actor_user_id: str | None = None
    actor_address: str | None = None
    ip_address: str | None = None
    anything: str | None = None
    masked: bool = True


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Some entries, each with its actor's primary address if they still have one, and how many fit in all."""

    entries: tuple[tuple[AuditEntry, str | None], ...]
    total: int


async def page(c: Connection, wanted: AuditFilter, *, limit: int, offset: int) -> AuditPage:
    """The entries of one page."""
    where, arguments = _conditions(wanted)
    counted = await c.fetch_one(f"SELECT count(*) AS total{_FROM}{where}", *arguments)
    n = len(arguments)
    rows = await c.fetch_all(
        f"SELECT {_COLUMNS}{_FROM}{where} ORDER BY a.id DESC LIMIT ${n + 1} OFFSET ${n + 2}",
        *arguments,
        limit,
        offset,
    )
    found = tuple((entry_of(row), row["actor_address"]) for row in rows)
    return AuditPage(entries=found, total=0 if counted is None else counted["total"])


def _conditions(wanted: AuditFilter) -> tuple[str, list[Value]]:
    arguments: list[Value] = []
    parts: list[str] = []

    def given(value: Value) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    address = _MASKED if wanted.masked else "e.address"
    if wanted.kinds is not None:
        parts.append(_any_of([_kind(kind, given) for kind in wanted.kinds]))
    if wanted.after is not None:
        parts.append(f"a.created_at > {given(wanted.after)}")
    if wanted.before is not None:
        parts.append(f"a.created_at < {given(wanted.before)}")
    for column, text in (
        ("a.user_id", wanted.actor_user_id),
        (address, wanted.actor_address),
        ("a.ip_address", wanted.ip_address),
    ):
        if text is not None:
            parts.append(f"{column} LIKE {given(_part(text))} ESCAPE '\\'")
    if wanted.anything is not None:
        pattern = given(_part(wanted.anything))
        columns = ("a.user_id", address, "a.ip_address")
        parts.append(_any_of([f"{column} LIKE {pattern} ESCAPE '\\'" for column in columns]))
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), arguments


def _kind(kind: Kind, given: Callable[[Value], str]) -> str:
    says = "" if kind.says is None else f" AND a.detail LIKE {given(_part(kind.says))} ESCAPE '\\'"
    return f"(a.type = {given(kind.type)}{says})"


def _any_of(parts: Sequence[str]) -> str:
    return f"({' OR '.join(parts)})" if parts else "(1 = 0)"


def _part(text: str) -> str:
    return f"%{literal(text)}%"
