"""One request for fresh tokens, by whoever holds the lease: what came of it is written before the lease is given back.

No connection is held while the provider is asked. An answer that got lost, or could not be written, loses nothing:
the refresh token in the row is good until another takes its place.
"""

import asyncio
from typing import Final, Protocol

from broker.clock import Clock
from broker.errors import IdentityRefused, ProviderTokenRefused, SealBroken, SignInFailed, UpstreamUnavailable
from broker.grants.vault import Vault
from broker.models.identities import ProviderTokens
from broker.models.provider_tokens import IS_OVER, KeptGrant, RefreshGrant
from broker.providers.base import KeepsTokens
from broker.sessions.ending import end_session
from broker.store import provider_tokens as rows
from broker.store import sessions, users
from broker.store.base import Connection, Store

LONGEST_ASKING: Final = 40.0
HOLD_SECONDS: Final = 60
"""How long a refusal is remembered, so that a page which keeps trying does not ask Microsoft each time."""
_HOLDS: Final = {"temporarily_unavailable": 5, "provider_misconfigured": 300, "invalid_response": 300, "not_kept": 3600}
_NOTHING_SAID_OF_THE_PERSON: Final = frozenset(
    {"temporarily_unavailable", "provider_misconfigured", "invalid_response"}
)


class RenewalObserver(Protocol):
    """Told how each request went, for log and figures: `renewed` or a `Reason`. `detail` is the provider's text."""

    def __call__(
        self, *, provider: str, outcome: str, identity_id: str, detail: str = "", security: str | None = None
    ) -> None: ...


class Asking:
    """Asks, and writes down what was said."""

    def __init__(self, *, store: Store, vault: Vault, clock: Clock, observe: RenewalObserver) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._observe = observe

    async def ask(self, grant: KeptGrant, provider: KeepsTokens, *, lease: str) -> None:
        """Renew the tokens of this grant, or note why not. Raises `StoreUnavailable`."""
        try:
            tokens = await self._refreshed(grant, provider)
        except (ProviderTokenRefused, SignInFailed, SealBroken) as error:
            reason = reason_for(error)
            self._tell(grant, reason, detail=error.detail, security=error.security)
            await self._note(grant, reason, provider, lease=lease, retry_after=error.retry_after)
            return
        self._tell(grant, "renewed")
        new = self._vault.sealed(grant.identity_id, tokens)
        async with self._store.transaction() as connection:
            await rows.renew_tokens(connection, grant.identity_id, new, lease=lease, now=self._clock.now())

    async def _refreshed(self, grant: KeptGrant, provider: KeepsTokens) -> ProviderTokens:
        refresh_token = self._vault.opened(grant).refresh_token
        if refresh_token is None:
            raise ProviderTokenRefused("there is no refresh token", code="not_kept")
        known = RefreshGrant(
            refresh_token=refresh_token, scopes=grant.scopes, subject_key=grant.subject_key, subject=grant.subject
        )
        try:
            async with asyncio.timeout(LONGEST_ASKING):
                return await provider.refresh(known)
        except TimeoutError as error:
            raise UpstreamUnavailable("no answer while the lease lasts") from error

    async def _note(
        self, grant: KeptGrant, reason: str, provider: KeepsTokens, *, lease: str, retry_after: int | None
    ) -> None:
        now = self._clock.now()
        ends_sessions = reason in IS_OVER and provider.keeping.recheck is not None
        async with self._store.transaction() as connection:
            if ends_sessions:  # a sign-in takes the user's row first, too: one of the two waits for the other
                await users.lock_user_row(connection, grant.user_id)
            was_ours = await rows.note_failure(
                connection,
                grant.identity_id,
                lease=lease,
                failure=_still_over(grant, reason) or reason,
                retry_at=now + (retry_after or _HOLDS.get(reason, HOLD_SECONDS)),
                checked_at=None if reason in _NOTHING_SAID_OF_THE_PERSON else now,
            )
            if ends_sessions and was_ours:
                await self._end_sessions(connection, grant, reason)

    async def _end_sessions(self, connection: Connection, grant: KeptGrant, reason: str) -> None:
        for session_id in await sessions.ids_of_identity(connection, grant.identity_id):
            await end_session(connection, session_id, clock=self._clock, actor="provider", reason=reason)

    def _tell(self, grant: KeptGrant, outcome: str, *, detail: str = "", security: str | None = None) -> None:
        self._observe(
            provider=grant.provider,
            outcome=outcome,
            identity_id=grant.identity_id,
            detail=detail,
            security=security,
        )


def _still_over(grant: KeptGrant, reason: str) -> str | None:
    """What was said of the person stands while the provider has nothing to say: an outage admits nobody again."""
    if reason in _NOTHING_SAID_OF_THE_PERSON and grant.failure in IS_OVER:
        return grant.failure
    return None


def reason_for(error: ProviderTokenRefused | SignInFailed | SealBroken) -> str:
    """The reason that an error stands for."""
    if isinstance(error, ProviderTokenRefused) or error.code in ("temporarily_unavailable", "provider_misconfigured"):
        return error.code
    if isinstance(error, SealBroken):
        return "not_kept"
    if isinstance(error, IdentityRefused) or error.code == "wrong_account_type":
        return "not_admitted"
    return "invalid_response"
