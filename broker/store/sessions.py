"""Rows of sessions. A session lives while `expires_at` lies ahead; idle time is judged by `sessions/lifecycle`."""

from broker.models.sessions import Session
from broker.store.at_provider import at_provider_of, at_provider_text
from broker.store.base import Connection, Row
from broker.store.portions import FEW, delete_portion

_COLUMNS = (
    "id, user_id, identity_id, provider, emulator, sign_in_hash, created_at, last_used_at, expires_at, user_agent,"
    " ip_address, provider_session_id, at_provider, amr, client_id, organization_id"
)


async def insert_session(c: Connection, session: Session) -> None:
    """Add a session."""
    await c.execute(
        f"INSERT INTO sessions ({_COLUMNS})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        session.id,
        session.user_id,
        session.identity_id,
        session.provider,
        session.emulator,
        session.sign_in_hash,
        session.created_at,
        session.last_used_at,
        session.expires_at,
        session.user_agent,
        session.ip_address,
        session.at_provider.session_id,
        at_provider_text(session.at_provider),
        " ".join(session.amr) or None,
        session.client_id,
        session.organization_id,
    )


async def session(c: Connection, session_id: str) -> Session | None:
    """The session with this id, expired or not."""
    row = await c.fetch_one(
        f"SELECT {_COLUMNS} FROM sessions WHERE id = $1",  # noqa: S608
        session_id,
    )
    return None if row is None else _session(row)


async def lock_session_row(c: Connection, session_id: str) -> Session | None:
    """Make everybody else who does this wait until our transaction ends, and answer the session as of then.

    Whoever ends a session takes its row first, and what hangs on it afterwards: so nobody waits in a circle.
    """
    row = await c.fetch_one(
        f"UPDATE sessions SET last_used_at = last_used_at WHERE id = $1 RETURNING {_COLUMNS}",  # noqa: S608
        session_id,
    )
    return None if row is None else _session(row)


async def sessions_of(c: Connection, user_id: str, *, now: int) -> list[Session]:
    """The unexpired sessions of a user, newest first."""
    rows = await c.fetch_all(
        f"SELECT {_COLUMNS} FROM sessions WHERE user_id = $1 AND expires_at > $2"  # noqa: S608
        " ORDER BY created_at DESC, id DESC",
        user_id,
        now,
    )
    return [_session(row) for row in rows]


async def list_sessions(
    c: Connection, *, user_id: str | None = None, after: str | None = None, limit: int = 100
) -> list[Session]:
    """The next `limit` sessions behind the id `after`, by id, which is by age; of everybody or of one user."""
    if user_id is None:
        rows = await c.fetch_all(
            f"SELECT {_COLUMNS} FROM sessions WHERE id > $1 ORDER BY id LIMIT $2",  # noqa: S608
            after or "",
            limit,
        )
    else:
        rows = await c.fetch_all(
            f"SELECT {_COLUMNS} FROM sessions WHERE id > $1 AND user_id = $2 ORDER BY id LIMIT $3",  # noqa: S608
            after or "",
            user_id,
            limit,
        )
    return [_session(row) for row in rows]


async def evict_oldest(c: Connection, user_id: str, *, keep: int, now: int) -> list[Session]:
    """End all but the `keep` newest unexpired sessions of a user; answers those that ended.

    Holds the limit only behind `lock_user_row`: two sign-ins side by side would not see each other's session.
    """
    rows = await c.fetch_all(
        "DELETE FROM sessions WHERE user_id = $1 AND expires_at > $2"  # noqa: S608
        " AND id NOT IN (SELECT id FROM sessions WHERE user_id = $1 AND expires_at > $2"
        f" ORDER BY created_at DESC, id DESC LIMIT $3) RETURNING {_COLUMNS}",
        user_id,
        now,
        keep,
    )
    return [_session(row) for row in rows]


async def touch_session(c: Connection, session_id: str, *, now: int) -> None:
    """Note that the session was used; the time never goes back."""
    await c.execute("UPDATE sessions SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2", session_id, now)


async def set_organization(c: Connection, session_id: str, organization_id: str) -> None:
    """The session acts in this organization."""
    await c.execute("UPDATE sessions SET organization_id = $2 WHERE id = $1", session_id, organization_id)


async def delete_session(c: Connection, session_id: str, *, user_id: str | None = None) -> Session | None:
    """End a session, with `user_id` only if it is that user's; answers what ended."""
    row = await c.fetch_one(
        f"DELETE FROM sessions WHERE id = $1 AND user_id = COALESCE($2, user_id) RETURNING {_COLUMNS}",  # noqa: S608
        session_id,
        user_id,
    )
    return None if row is None else _session(row)


async def ids_created_between(c: Connection, *, since: int, until: int, now: int) -> list[str]:
    """The living sessions that were made in a span of time: those whose tokens one signing key may have signed."""
    rows = await c.fetch_all(
        "SELECT id FROM sessions WHERE created_at >= $1 AND created_at <= $2 AND expires_at > $3 ORDER BY id",
        since,
        until,
        now,
    )
    return [row["id"] for row in rows]


async def forget_identity(c: Connection, session_id: str) -> None:
    """The session outlives the identity that it came by."""
    await c.execute("UPDATE sessions SET identity_id = NULL WHERE id = $1", session_id)


async def ids_at_provider(c: Connection, provider: str, provider_session_id: str, *, emulator: bool) -> list[str]:
    """The sessions that one session at the provider brought about, expired or not."""
    rows = await c.fetch_all(
        "SELECT id FROM sessions WHERE provider = $1 AND provider_session_id = $2 AND emulator = $3 ORDER BY id",
        provider,
        provider_session_id,
        emulator,
    )
    return [row["id"] for row in rows]


async def ids_of_identity(c: Connection, identity_id: str) -> list[str]:
    """The sessions that one identity brought about, expired or not."""
    rows = await c.fetch_all("SELECT id FROM sessions WHERE identity_id = $1 ORDER BY id", identity_id)
    return [row["id"] for row in rows]


async def delete_sessions_of(c: Connection, user_id: str) -> list[Session]:
    """End all sessions of a user; answers them."""
    rows = await c.fetch_all(
        f"DELETE FROM sessions WHERE user_id = $1 RETURNING {_COLUMNS}",  # noqa: S608
        user_id,
    )
    return [_session(row) for row in rows]


async def delete_expired_sessions(c: Connection, *, now: int, idle_before: int | None) -> int:
    """Drop a portion of what has expired, and of what was last used before `idle_before`; answers how many."""
    dropped = await delete_portion(c, "sessions", "expires_at <= $1", now, key="id", most=FEW)
    if idle_before is not None:
        dropped += await delete_portion(c, "sessions", "last_used_at < $1", idle_before, key="id", most=FEW)
    return dropped


def _session(row: Row) -> Session:
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        identity_id=row["identity_id"],
        provider=row["provider"],
        emulator=bool(row["emulator"]),
        sign_in_hash=row["sign_in_hash"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        user_agent=row["user_agent"],
        ip_address=row["ip_address"],
        at_provider=at_provider_of(row),
        amr=tuple((row["amr"] or "").split()),
        client_id=row["client_id"],
        organization_id=row["organization_id"],
    )
