"""The audit trail: an entry is written in the transaction of the change it tells of; neither is without the other."""

from collections.abc import Mapping

from broker.clock import Clock
from broker.crypto import new_id
from broker.events.catalogue import Event
from broker.models.events import AuditEntry
from broker.store import audit
from broker.store.base import Connection


async def record(
    connection: Connection,
    event: Event,
    *,
    clock: Clock,
    user_id: str | None = None,
    session_id: str | None = None,
    identity_id: str | None = None,
    actor: str = "user",
    request_id: str | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Write one entry. `actor` is `user`, `operator` or `provider`; `detail` is small, without secret or address."""
    entry = AuditEntry(
        id=new_id(clock.now_ms()),
        type=event.value,
        created_at=clock.now(),
        user_id=user_id,
        session_id=session_id,
        identity_id=identity_id,
        actor=actor,
        request_id=request_id,
        detail=detail,
    )
    await audit.insert_entry(connection, entry)


async def is_recorded(
    connection: Connection, event: Event, *, user_id: str, detail: Mapping[str, str | int | bool | None]
) -> bool:
    """Whether there is an entry that says just this, for what would otherwise be written at every sign-in."""
    return await audit.is_there(connection, event.value, user_id=user_id, detail=detail)
