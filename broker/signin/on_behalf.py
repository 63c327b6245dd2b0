"""A session that an operator makes in a user's name, for a program of theirs. No provider proved anybody here.

So it names no identity and no provider: what asks a provider about a session's person has nothing to ask. Everything
else holds for it as for any other: the limit, the lock, the end within a second.
"""

from broker.clock import Clock
from broker.errors import Conflict, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.browsers import Browser
from broker.models.events import Requester
from broker.sessions.lifecycle import Origin, Sessions
from broker.store import users
from broker.store.base import Store


class OnBehalf:
    """Makes such sessions."""

    def __init__(self, store: Store, sessions: Sessions, clock: Clock) -> None:
        self._store = store
        self._sessions = sessions
        self._clock = clock

    async def issue(self, user_id: str, *, browser: Browser, requester: Requester, api_key: str) -> str:
        """A session token for this user; `browser` is whom the session shall be listed as.

        Raises `NotFound`, `Conflict` (locked).
        """
        async with self._store.transaction() as connection:
            user = await users.lock_user_row(connection, user_id)
            if user is None:
                raise NotFound("user not found")
            if user.locked_at is not None:
                raise Conflict("the user is locked")
            profile = await users.profile_of(connection, user)
            origin = Origin(
                provider="",
                identity_id=None,
                emulator=False,
                sign_in_hash=None,
                user_agent=browser.user_agent,
                ip_address=browser.ip_address,
            )
            session = await self._sessions.issue(connection, profile, origin)
            await record(
                connection,
                Event.SESSION_MINTED,
                clock=self._clock,
                user_id=user_id,
                session_id=session.id,
                session=session,
                actor="operator",
                requester=requester,
                api_key=api_key,
            )
        return self._sessions.token_for(session, profile)
