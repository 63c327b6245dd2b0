"""The end of one session: its row, and the entry that tells why, in the caller's transaction.

Whoever ends sessions does it here; only those of a locked user go all at once, with the lock (`accounts/users`).
"""

from typing import Any

from broker.clock import Clock
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import NOBODY, Requester
from broker.models.sessions import Session
from broker.store import sessions as rows
from broker.store.base import Connection


async def end_session(
    connection: Connection,
    session_id: str,
    *,
    clock: Clock,
    reason: str,
    actor: str = "user",
    user_id: str | None = None,
    requester: Requester = NOBODY,
    api_key: str | None = None,
    application: str | None = None,
) -> Session | None:
    """End the session (with `user_id` only if it is that user's); answers what ended, `None` if nothing did.

    `api_key`, `application`: whose program ended it.
    """
    ended = await rows.delete_session(connection, session_id, user_id=user_id)
    if ended is not None:
        await record_end(
            connection,
            ended,
            clock=clock,
            reason=reason,
            actor=actor,
            requester=requester,
            api_key=api_key,
            application=application,
        )
    return ended


async def record_end(
    connection: Connection,
    ended: Session,
    *,
    clock: Clock,
    reason: str,
    actor: str = "user",
    requester: Requester = NOBODY,
    api_key: str | None = None,
    application: str | None = None,
) -> None:
    """Only the entry, for a session whose row went with others."""
    named = {"api_key": api_key, "application": application}
    detail: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    await record(
        connection,
        Event.SESSION_ENDED,
        clock=clock,
        user_id=ended.user_id,
        session_id=ended.id,
        actor=actor,
        requester=requester,
        session=ended,
        reason=reason,
        **detail,
    )
