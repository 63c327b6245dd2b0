"""The schema: numbered files, the same numbers for both engines (`migrations/<engine>/0001_….sql`).

Each file is one transaction, under a lock, and noted in `schema_migrations`: however many processes begin at once, each
file runs once, and a process that dies in the middle leaves the schema as it was before that file. A statement ends
with `;` at the end of a line. A number that the database has and we have not means that the program is older.
"""

from dataclasses import dataclass
from importlib.resources import files

from broker.clock import Clock, SystemClock
from broker.errors import SchemaMismatch
from broker.store.base import Connection, Engine, Store

_PATIENCE = 600.0  # building an index over a grown table takes its time, and so does waiting for whoever does it
_LOCK = 0x62726F6B6572  # "broker"; PostgreSQL's advisory locks are numbers
_HAS_TABLE: dict[Engine, str] = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
    # Not to_regclass: it answers from a cache that waiting for an advisory lock does not refresh.
    "postgres": "SELECT tablename FROM pg_catalog.pg_tables"
    " WHERE schemaname = current_schema() AND tablename = 'schema_migrations'",
}


@dataclass(frozen=True, kw_only=True)
class MigrationStatus:
    """Names of files: `applied` and `pending` in order, `unknown` are in the database but not in this program."""

    applied: list[str]
    pending: list[str]
    unknown: list[str]


async def status(store: Store) -> MigrationStatus:
    """What is applied and what is pending. Raises `StoreUnavailable`."""
    async with store.read() as c:
        return await _status(c, store.engine)


async def migrate(store: Store, clock: Clock | None = None) -> list[str]:
    """Bring the schema up to date; answers the names of the files that were applied here, in order.

    Raises `SchemaMismatch` when the schema is newer than the program, `StoreUnavailable`.
    """
    clock = clock or SystemClock()
    applied: list[str] = []
    # Looking comes first: a start with nothing to do takes no lock and writes nothing.
    while _pending_or_newer(await status(store)):
        name = await _apply_next(store, clock)
        if name is not None:
            applied.append(name)
    return applied


async def require_current(store: Store) -> None:
    """Raises `SchemaMismatch`, saying what to do, unless the schema is this program's."""
    pending = _pending_or_newer(await status(store))
    if pending:
        raise SchemaMismatch(
            f'the database lacks {len(pending)} migration(s), from {pending[0]}: run "broker migrate" '
            "(or set database.migrate: true)"
        )


async def _apply_next(store: Store, clock: Clock) -> str | None:
    async with store.transaction(patience=_PATIENCE) as c:
        if store.engine == "postgres":
            # SQLite needs none: there the transaction itself shuts out every other writer.
            await c.fetch_one("SELECT pg_advisory_xact_lock($1)", _LOCK)
        pending = _pending_or_newer(await _status(c, store.engine))
        if not pending:
            return None
        await c.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
        )
        name = pending[0]
        for statement in _statements(store.engine, name):
            await c.execute(statement)
        await c.execute(
            "INSERT INTO schema_migrations (number, name, applied_at) VALUES ($1, $2, $3)",
            _number(name),
            name,
            clock.now(),
        )
    return name


async def _status(c: Connection, engine: Engine) -> MigrationStatus:
    known = migration_names(engine)
    applied: list[str] = []
    if await c.fetch_one(_HAS_TABLE[engine]) is not None:
        rows = await c.fetch_all("SELECT name FROM schema_migrations ORDER BY number")
        applied = [row["name"] for row in rows]
    return MigrationStatus(
        applied=applied,
        pending=[name for name in known if name not in applied],
        unknown=[name for name in applied if name not in known],
    )


def _pending_or_newer(found: MigrationStatus) -> list[str]:
    if found.unknown:
        raise SchemaMismatch(
            f"this program is older than the database, which has {found.unknown[-1]}: run the program's newer version"
        )
    return found.pending


def migration_names(engine: Engine) -> list[str]:
    """The names of this program's migrations, in order: `0001_accounts` and so on."""
    folder = files("broker.store") / "migrations" / engine
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))


def _number(name: str) -> int:
    return int(name.partition("_")[0])


def _statements(engine: Engine, name: str) -> list[str]:
    text = (files("broker.store") / "migrations" / engine / f"{name}.sql").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part for part in (piece.strip() for piece in "\n".join(lines).split(";\n")) if part]
