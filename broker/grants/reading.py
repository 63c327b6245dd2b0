"""Who is given a provider's token: an operator's program for any user, a session for its own person.

Each time that somebody is given a token which they did not have yet is an entry in the trail.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from broker.clock import Clock
from broker.errors import BrokerError, NotAuthenticated, ProviderTokenRefused
from broker.events.catalogue import Event
from broker.events.trail import is_recorded, record
from broker.grants.renewal import Renewal
from broker.models.events import NOBODY, Requester
from broker.models.provider_tokens import FreshToken, KeptGrant
from broker.models.sessions import Session
from broker.store import provider_tokens as rows
from broker.store import sessions
from broker.store.base import Store

ReadObserver = Callable[[str, str], None]
"""Told the provider and what came of a request: `handed_out`, or the code of an error."""


class ProviderTokenReads:
    """Hands out access tokens; a refresh token goes to nobody."""

    def __init__(self, *, store: Store, renewal: Renewal, clock: Clock, observe: ReadObserver) -> None:
        self._store = store
        self._renewal = renewal
        self._clock = clock
        self._observe = observe

    async def for_session(self, session: Session, provider: str, *, identity_id: str | None) -> FreshToken:
        """The token of the person whose session this is: of `identity_id`, of the identity that the session came by, or
        of the one last used. Raises `ProviderTokenRefused`, `NotAuthenticated` where the session ended meanwhile.

        One that an operator's key made came by no provider: who may make sessions may not therefore read tokens.
        """
        own = session.identity_id if session.provider == provider else None
        with self._counted(provider):
            if not session.provider:
                raise ProviderTokenRefused("no provider proved the person of this session")
            grant, fresh = await self._fresh(await self._grant(session.user_id, provider, identity_id or own))
            async with self._store.read() as connection:
                if await sessions.session(connection, session.id) is None:
                    raise NotAuthenticated("the session ended while the provider was asked")
            await self._note(grant, reader="session", session_id=session.id)
            return fresh

    async def for_operator(
        self, user_id: str, provider: str, *, identity_id: str | None, api_key: str, requester: Requester = NOBODY
    ) -> FreshToken:
        """The token of this user: of `identity_id`, or of the identity last used. Raises `ProviderTokenRefused`."""
        with self._counted(provider):
            grant, fresh = await self._fresh(await self._grant(user_id, provider, identity_id))
            await self._note(grant, reader=f"api_key {api_key}", actor="operator", requester=requester)
            return fresh

    @contextmanager
    def _counted(self, provider: str) -> Iterator[None]:
        try:
            yield
        except BrokerError as error:
            self._observe(provider, error.code)
            raise
        self._observe(provider, "handed_out")

    async def _grant(self, user_id: str, provider: str, identity_id: str | None) -> KeptGrant:
        async with self._store.read() as connection:
            if identity_id is None:
                grant = await rows.newest_grant(connection, user_id, provider)
            else:
                grant = await rows.kept_grant(connection, identity_id)
        if grant is None or (grant.user_id, grant.provider) != (user_id, provider):
            raise ProviderTokenRefused("nothing is kept for this user and provider")
        return grant

    async def _fresh(self, grant: KeptGrant) -> tuple[KeptGrant, FreshToken]:
        if not self._renewal.provider_of(grant).keeping.hands_out:
            raise ProviderTokenRefused("tokens of this provider are not handed out")
        _require_unlocked(grant)
        grant, fresh = await self._renewal.fresh(grant)
        _require_unlocked(grant)
        return grant, fresh

    async def _note(
        self,
        grant: KeptGrant,
        *,
        reader: str,
        actor: str = "user",
        session_id: str | None = None,
        requester: Requester = NOBODY,
    ) -> None:
        detail: dict[str, Any] = {
            "provider": grant.provider,
            "reader": reader,
            "token": f"{grant.identity_id} {grant.generation}",
        }
        event = Event.GRANT_READ
        async with self._store.read() as connection:  # mostly it is: a token that lasts is read again without a write
            if await is_recorded(connection, event, user_id=grant.user_id, detail=detail):
                return
        async with self._store.transaction() as connection:
            await record(
                connection,
                event,
                clock=self._clock,
                user_id=grant.user_id,
                identity_id=grant.identity_id,
                session_id=session_id,
                actor=actor,
                requester=requester,
                **detail,
            )


def _require_unlocked(grant: KeptGrant) -> None:
    if grant.user_locked:
        raise ProviderTokenRefused("the user is locked", code="account_locked")
