"""Rows of directories: which GUID a configured domain stands for, and which one waits for the operator.

There is one row a configured domain at most, and a change waits in the row that it would change.
"""

from broker.models.directories import KnownDirectory
from broker.store.base import Connection, Row


async def directory(c: Connection, provider: str, cloud: str, domain: str) -> KnownDirectory | None:
    """What is kept of this domain."""
    row = await c.fetch_one(
        "SELECT provider, cloud, domain, guid, first_seen_at, changed_guid, changed_at FROM provider_directories"
        " WHERE provider = $1 AND cloud = $2 AND domain = $3",
        provider,
        cloud,
        domain,
    )
    return None if row is None else _directory(row)


async def keep_directory(c: Connection, found: KnownDirectory) -> None:
    """Keep a domain's GUID, unless one is kept already: the first stays."""
    await c.execute(
        "INSERT INTO provider_directories (provider, cloud, domain, guid, first_seen_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (provider, cloud, domain) DO NOTHING",
        found.provider,
        found.cloud,
        found.domain,
        found.guid,
        found.first_seen_at,
    )


async def note_other_directory(c: Connection, provider: str, cloud: str, domain: str, *, guid: str, now: int) -> bool:
    """Note the GUID that the provider names instead of the kept one; false where that is known, or no change at all."""
    changed = await c.execute(
        "UPDATE provider_directories SET changed_guid = $4, changed_at = $5"
        " WHERE provider = $1 AND cloud = $2 AND domain = $3 AND guid <> $4"
        " AND (changed_guid IS NULL OR changed_guid <> $4)",
        provider,
        cloud,
        domain,
        guid,
        now,
    )
    return changed == 1


async def accept_directory(c: Connection, provider: str, cloud: str, domain: str, *, guid: str, now: int) -> bool:
    """Let the noted GUID take the place of the kept one; false unless exactly this one is noted."""
    changed = await c.execute(
        "UPDATE provider_directories SET guid = $4, first_seen_at = $5, changed_guid = NULL, changed_at = NULL"
        " WHERE provider = $1 AND cloud = $2 AND domain = $3 AND changed_guid = $4",
        provider,
        cloud,
        domain,
        guid,
        now,
    )
    return changed == 1


async def changed_directories(c: Connection) -> list[KnownDirectory]:
    """The domains whose change waits for the operator, the oldest change first."""
    rows = await c.fetch_all(
        "SELECT provider, cloud, domain, guid, first_seen_at, changed_guid, changed_at FROM provider_directories"
        " WHERE changed_guid IS NOT NULL ORDER BY changed_at, provider, cloud, domain"
    )
    return [_directory(row) for row in rows]


def _directory(row: Row) -> KnownDirectory:
    return KnownDirectory(
        provider=row["provider"],
        cloud=row["cloud"],
        domain=row["domain"],
        guid=row["guid"],
        first_seen_at=row["first_seen_at"],
        changed_guid=row["changed_guid"],
        changed_at=row["changed_at"],
    )
