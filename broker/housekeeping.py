"""Drop what has expired: consumed states, codes, sessions, old audit entries, what webhooks were told, and tokens that
nobody keeps any more.

Correctness never waits for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from broker.clock import Clock
from broker.store import (
    audit,
    event_pages,
    outbox,
    pending_identities,
    provider_tokens,
    refresh_tokens,
    remembered_answers,
    sessions,
    signins,
    webhooks,
)
from broker.store.base import Connection, Store

DEAD_AFTER_SECONDS = 100 * 86_400
"""Microsoft's refresh tokens die after 90 days without use, and no other provider's are kept."""

TOLD_SECONDS = 3 * 86_400
"""How long what a webhook was told can be sent again."""
UNTOLD_SECONDS = 14 * 86_400
"""How long what a webhook never took is kept."""

ROTATED_SECONDS = 30 * 86_400
"""How long a used refresh token is told from one that never was; its session may last longer, and renew often."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long things are kept, in seconds; `idle_seconds` is the idle limit of sessions, if there is one.

    `keeps_tokens_of`: the providers whose own tokens configuration wants kept; `None` leaves all that are there.
    """

    audit_seconds: int
    idle_seconds: int | None
    keeps_tokens_of: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many rows of each kind went."""

    sign_ins: int
    sessions: int
    audit_entries: int
    provider_tokens: int = 0
    outbox_events: int = 0
    refresh_tokens: int = 0


async def sweep(store: Store, clock: Clock, retention: Retention) -> Swept:
    """Delete expired rows. Raises `StoreUnavailable`."""
    now = clock.now()
    idle_before = None if retention.idle_seconds is None else now - retention.idle_seconds
    gone_sign_ins = await _all(store, lambda c: signins.delete_expired_signins(c, now=now))
    gone_sign_ins += await _all(store, lambda c: pending_identities.delete_expired_pending(c, now=now))
    await _all(store, lambda c: remembered_answers.delete_expired_answers(c, now=now))
    gone_sessions = await _all(store, lambda c: sessions.delete_expired_sessions(c, now=now, idle_before=idle_before))
    gone_rotated = await _all(store, lambda c: refresh_tokens.delete_rotated_tokens(c, before=now - ROTATED_SECONDS))
    gone_entries = await _all(store, lambda c: audit.delete_entries_before(c, now - retention.audit_seconds))
    gone_events = await _events(store, now)
    gone_tokens = 0
    if retention.keeps_tokens_of is not None:
        async with store.transaction() as connection:
            gone_tokens = await provider_tokens.delete_tokens_of_others(connection, retention.keeps_tokens_of)
            gone_tokens += await provider_tokens.delete_dead_tokens(connection, checked_before=now - DEAD_AFTER_SECONDS)
    return Swept(
        sign_ins=gone_sign_ins,
        sessions=gone_sessions,
        audit_entries=gone_entries,
        provider_tokens=gone_tokens,
        outbox_events=gone_events,
        refresh_tokens=gone_rotated,
    )


async def _all(store: Store, portion: Callable[[Connection], Awaitable[int]]) -> int:
    """Portion by portion, each a transaction of its own, until nothing is left; answers how many rows."""
    gone = 0
    while True:
        async with store.transaction() as connection:
            dropped = await portion(connection)
        if not dropped:
            return gone
        gone += dropped


async def _events(store: Store, now: int) -> int:
    if await _has_unplaced(store):
        # Nobody may have asked for the list for a long time, and then whoever does would number all of it.
        await _all(store, lambda c: event_pages.give_places(c, now=now))
    async with store.transaction() as connection:
        await webhooks.disable_expired(connection, now=now)
    await _all(
        store,
        lambda c: outbox.delete_told(c, delivered_before=now - TOLD_SECONDS, any_before=now - UNTOLD_SECONDS),
    )
    return await _all(store, lambda c: outbox.delete_events(c, now=now))


async def _has_unplaced(store: Store) -> bool:
    async with store.read() as connection:
        return await event_pages.has_unplaced(connection)
