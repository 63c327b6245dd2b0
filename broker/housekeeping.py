"""Drop what has expired: consumed states, codes, sessions, old audit entries. Correctness never waits for it."""

from dataclasses import dataclass

from broker.clock import Clock
from broker.store import audit, sessions, signins
from broker.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long things are kept, in seconds; `idle_seconds` is the idle limit of sessions, if there is one."""

    audit_seconds: int
    idle_seconds: int | None


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many rows of each kind went."""

    sign_ins: int
    sessions: int
    audit_entries: int


async def sweep(store: Store, clock: Clock, retention: Retention) -> Swept:
    """Delete expired rows. Raises `StoreUnavailable`."""
    now = clock.now()
    idle_before = None if retention.idle_seconds is None else now - retention.idle_seconds
    async with store.transaction() as connection:
        gone_sign_ins = await signins.delete_expired_signins(connection, now=now)
    async with store.transaction() as connection:
        gone_sessions = await sessions.delete_expired_sessions(connection, now=now, idle_before=idle_before)
    async with store.transaction() as connection:
        gone_entries = await audit.delete_entries_before(connection, now - retention.audit_seconds)
    return Swept(sign_ins=gone_sign_ins, sessions=gone_sessions, audit_entries=gone_entries)
