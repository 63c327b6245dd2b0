"""Sessions that were made for an application, ended by whoever knows their id: a link of the application's, or its key.

Those of our own pages are none of theirs: a link alone must not sign anybody out there (`web/plain/logout` asks).
"""

from broker.clock import Clock
from broker.models.events import NOBODY, Requester
from broker.models.sessions import Session
from broker.sessions.ending import end_session
from broker.store import sessions as rows
from broker.store.base import Store


class ApplicationSessions:
    """The sessions of all applications."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def end(
        self,
        session_id: str,
        *,
        reason: str,
        actor: str = "user",
        requester: Requester = NOBODY,
        application: str | None = None,
    ) -> Session | None:
        """End the session and its refresh tokens; answers what ended, `None` where there is no such session.

        `application`: whose program asked, by its client id.
        """
        async with self._store.transaction() as connection:
            found = await rows.session(connection, session_id)
            if found is None or found.client_id is None:
                return None
            return await end_session(
                connection,
                session_id,
                clock=self._clock,
                reason=reason,
                actor=actor,
                requester=requester,
                application=application,
            )
