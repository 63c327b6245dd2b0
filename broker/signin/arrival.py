"""Somebody has proven who they are: everything that this causes is written in one transaction, or not at all.

Account, membership, the provider's tokens, session or code, and the entry in the trail. What must be right before is
`complete`.
"""

from typing import Any

from broker.accounts.connecting import Connecting
from broker.accounts.joining import Coming, Joining
from broker.accounts.provision import Provisioned, provision
from broker.clock import Clock
from broker.crypto import token_hash
from broker.errors import IdentityRefused, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.grants.vault import Vault
from broker.models.browsers import Browser
from broker.models.identities import ProviderIdentity
from broker.models.sessions import AtProvider, Session
from broker.models.signins import Delivery, SignIn
from broker.providers.base import KeepsTokens, Provider
from broker.sessions.lifecycle import Origin, Sessions
from broker.signin.connections import coming_of
from broker.signin.handoff import HandOff
from broker.signin.outcomes import HandedOff
from broker.store.base import Connection, Store

_TRIES = 4


class Arrival:
    """Lets people in whose identity is proven. `delivery` is how the plain face hands a session over."""

    def __init__(
        self,
        *,
        store: Store,
        sessions: Sessions,
        hand_off: HandOff,
        connecting: Connecting,
        joining: Joining,
        vault: Vault,
        clock: Clock,
        delivery: Delivery,
        allow_signup: bool,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._hand_off = hand_off
        self._connecting = connecting
        self._joining = joining
        self._vault = vault
        self._clock = clock
        self._delivery = delivery
        self._allow_signup = allow_signup

    async def await_connection(self, sign_in: SignIn, identity: ProviderIdentity) -> HandedOff:
        """Nobody is signed in and nothing is added: the code has yet to be brought by the session that asked."""
        async with self._store.transaction() as connection:
            code = await self._connecting.mint(connection, identity, sign_in)
        return HandedOff(
            sign_in=sign_in, session=None, session_token=None, one_time_code=code, created=False, two_sessions=False
        )

    async def sign_in(
        self, sign_in: SignIn, identity: ProviderIdentity, provider: Provider, browser: Browser
    ) -> HandedOff:
        came = await self._sessions.carried(browser.session_tokens)
        carried = came | set(sign_in.carried)
        for attempt in range(_TRIES):
            try:
                async with self._store.transaction() as connection:
                    found, session, code = await self._write(connection, sign_in, identity, provider, browser, carried)
                # Signed after the commit: nobody shall wait for the writer because of our arithmetic.
                token = None if session is None else self._sessions.token_for(session, found.profile)
                return HandedOff(
                    sign_in=sign_in,
                    session=session,
                    session_token=token,
                    one_time_code=code,
                    created=found.created,
                    two_sessions=max(len(came), len(sign_in.carried)) > 1,
                )
            except NotUnique:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _write(
        self,
        connection: Connection,
        sign_in: SignIn,
        identity: ProviderIdentity,
        provider: Provider,
        browser: Browser,
        carried: frozenset[str],
    ) -> tuple[Provisioned, Session | None, str | None]:
        policy = provider.account_policy
        found = await provision(
            connection,
            identity,
            policy=policy if sign_in.application is None else policy.of_applications,
            allow_signup=self._allow_signup,
            clock=self._clock,
            requester=browser.requester,
        )
        if sign_in.application is not None and found.profile.primary_email is None:
            raise IdentityRefused("registered applications know nobody without an address", code="unverified_email")
        coming = coming_of(sign_in, identity, user_id=found.profile.user.id)
        if coming is not None:
            await self._joining.let_in(connection, coming, browser.requester)
        if identity.tokens is not None and isinstance(provider, KeepsTokens) and provider.keeping:
            await self._vault.keep(connection, found.identity_id, identity.provider, identity.tokens)
        origin = Origin(
            provider=identity.provider,
            identity_id=found.identity_id,
            emulator=identity.emulator,
            sign_in_hash=token_hash(sign_in.state),
            user_agent=browser.user_agent,
            ip_address=browser.ip_address,
            at_provider=AtProvider(
                session_id=identity.provider_session_id,
                logout_hint=identity.login_hint,
                claims=identity.session_claims,
            ),
        )
        session = code = None
        if self._delivers(sign_in) != "token":
            await self._sessions.end_carried(connection, carried)
            session = await self._sessions.issue(connection, found.profile, origin)
        if self._delivers(sign_in) != "cookie":
            code = await self._hand_off.mint(connection, found, origin, sign_in, session, identity.tokens)
        await self._note(connection, found, identity, session, browser, coming)
        return found, session, code

    def _delivers(self, sign_in: SignIn) -> Delivery:
        """Faces other than the plain one redeem a code; the plain one does what the operator chose."""
        return self._delivery if sign_in.surface == "plain" else "token"

    async def _note(
        self,
        connection: Connection,
        found: Provisioned,
        identity: ProviderIdentity,
        session: Session | None,
        browser: Browser,
        coming: Coming | None,
    ) -> None:
        further: dict[str, Any] = {} if coming is None else {**coming.named}
        if found.renamed:
            further["renamed"] = True
        await record(
            connection,
            Event.SIGNED_IN,
            clock=self._clock,
            user_id=found.profile.user.id,
            session_id=None if session is None else session.id,
            session=session,
            identity_id=found.identity_id,
            requester=browser.requester,
            organization_id=None if coming is None else coming.organization_id,
            provider=identity.provider,
            created=found.created,
            **further,
        )
