"""The audit trail: an entry is written in the transaction of the change it tells of; neither is without the other."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from broker.clock import Clock
from broker.crypto import new_id
from broker.events.catalogue import Event
from broker.models.events import NOBODY, AuditEntry, Requester
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.store import audit, metadata
from broker.store.base import Connection


@runtime_checkable
class Listening(Protocol):
    """A connection whose transaction somebody listens to (`events/listening`)."""

    def heard(self, entry: AuditEntry) -> None:
        """An entry was written."""
        ...


async def record(
    connection: Connection,
    event: Event,
    /,
    *,
    clock: Clock,
    user_id: str | None = None,
    session_id: str | None = None,
    identity_id: str | None = None,
    actor: str = "user",
    requester: Requester = NOBODY,
    subject: UserProfile | None = None,
    session: Session | None = None,
    organization_id: str | None = None,
    about: Any = None,
    **detail: str | int | bool | None,
) -> None:
    """Write one entry. `actor` is `user`, `operator` or `provider`; `detail` is small, without secret or address.

    `subject` is the user as they were, where nobody can look them up once this is committed: write first and delete
    then, so that whoever listens has their metadata, too. `session` is the one that this is about, as it is or was;
    `organization_id` what it is about or happened in; `about` a further thing of ours (an organization, a connection, a
    membership), as the change leaves or took it.
    """
    entry = AuditEntry(
        id=new_id(clock.now_ms()),
        type=event.value,
        created_at=clock.now(),
        user_id=user_id,
        session_id=session_id,
        identity_id=identity_id,
        actor=actor,
        request_id=requester.request_id,
        ip_address=requester.ip_address,
        user_agent=requester.user_agent,
        detail=detail,
        subject=subject,
        subject_metadata=await _metadata(connection, subject),
        session=session,
        organization_id=organization_id or (None if session is None else session.organization_id),
        about=about,
    )
    await audit.insert_entry(connection, entry)
    if isinstance(connection, Listening):
        connection.heard(entry)


async def _metadata(connection: Connection, subject: UserProfile | None) -> UserMetadata:
    if subject is None or not isinstance(connection, Listening):
        return NO_METADATA
    return await metadata.metadata(connection, subject.user.id)


async def is_recorded(
    connection: Connection, event: Event, *, user_id: str, detail: Mapping[str, str | int | bool | None]
) -> bool:
    """Whether there is an entry that says just this, for what would otherwise be written at every sign-in."""
    return await audit.is_there(connection, event.value, user_id=user_id, detail=detail)
