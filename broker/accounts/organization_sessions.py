"""Sessions that act in an organization: they end with the organization, and with their user's membership there."""

from broker.clock import Clock
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import By
from broker.store import organization_sessions as rows
from broker.store import sessions
from broker.store.base import Connection


async def end_sessions_in(
    connection: Connection, organization_id: str, *, clock: Clock, by: By, user_id: str | None = None
) -> int:
    """End the sessions that act in it, with `user_id` only that user's; answers how many."""
    ended = 0
    for session_id in await rows.sessions_in(connection, organization_id, user_id=user_id):
        session = await sessions.delete_session(connection, session_id)
        if session is None:
            continue
        ended += 1
        await record(
            connection,
            Event.SESSION_ENDED,
            clock=clock,
            user_id=session.user_id,
            session_id=session.id,
            session=session,
            actor="operator",
            requester=by.requester,
            reason="revoked",
            **by.named,
        )
    return ended
