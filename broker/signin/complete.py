"""From callback to hand-off: the checks, the state consumed, the code redeemed, the account found, one transaction.

The order is the safety. Nothing is written before cookie and state fit; the state's hash is committed before the code
leaves us, so a code is sent once, whatever happens; no database connection is held while the provider is asked; and
everything that a proven identity causes is written in one transaction, or not at all.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from broker.accounts.connecting import Connecting
from broker.accounts.joining import Coming, Joining
from broker.accounts.provision import Provisioned, provision
from broker.clock import Clock
from broker.crypto import SecretKeys, token_hash
from broker.errors import BrokerError, IdentityRefused, NotAuthenticated, NotUnique, SignInExpired, SignInUsed
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.grants.vault import Vault
from broker.models.browsers import Browser
from broker.models.identities import ProviderIdentity
from broker.models.sessions import AtProvider, Session
from broker.models.signins import Delivery, SignIn
from broker.providers.base import KeepsTokens, Provider
from broker.sessions.lifecycle import Origin, Sessions
from broker.signin import checks
from broker.signin.admission import Admission
from broker.signin.checks import Callback
from broker.signin.code_grant import code_grant
from broker.signin.connections import coming_of
from broker.signin.handoff import HandOff
from broker.store import signins
from broker.store.base import Connection, Store

STATE_LIFETIME = 15 * 60
"""How long a consumed state is remembered: longer than its cookie lives (ten minutes) plus leeway."""
_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class HandedOff:
    """Signed in. `session_token` goes into our cookie, `one_time_code` into the redirect target, if asked for.

    `two_sessions`: the browser carried more than one before; somebody planted one. `shared`: another callback of the
    same sign-in was given this answer first.
    """

    sign_in: SignIn
    session: Session | None
    session_token: str | None
    one_time_code: str | None
    created: bool
    two_sessions: bool
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The back button: this browser's live session is the one that this very sign-in made. Nothing changes."""

    sign_in: SignIn


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """The same by form, a cross-site POST: whose session the browser has is seen only once it loads a page of ours."""

    sign_in: SignIn


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Nobody was signed in. `sign_in` is there once cookie and state fitted: its cookie goes. `shared` as above.
    `late`: what this browser began too long ago; it counts for nothing but where that is told.
    """

    error: BrokerError
    sign_in: SignIn | None
    shared: bool = False
    late: SignIn | None = None


Outcome = HandedOff | Returned | Unseen | Failed


UnderWay = dict[str, tuple[str, asyncio.Task[Outcome]]]
"""The sign-ins that this process is completing: state → its code and the work. It outlives a reload."""


class Completion:
    """Completes sign-ins. Concurrent callbacks of one sign-in in this process share one answer."""

    def __init__(
        self,
        *,
        store: Store,
        sessions: Sessions,
        hand_off: HandOff,
        connecting: Connecting,
        joining: Joining,
        vault: Vault,
        admission: Admission,
        secrets: SecretKeys,
        clock: Clock,
        delivery: Delivery,
        allow_signup: bool,
        under_way: UnderWay,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._hand_off = hand_off
        self._connecting = connecting
        self._joining = joining
        self._vault = vault
        self._admission = admission
        self._secrets = secrets
        self._clock = clock
        self._delivery = delivery
        self._allow_signup = allow_signup
        self._under_way = under_way

    async def complete(self, callback: Callback, browser: Browser) -> Outcome:
        """The outcome of this callback. Failures that we foresee are an outcome, not an exception."""
        try:
            checks.run(callback)
            sign_in, provider, code = callback.proven_sign_in, callback.provider, callback.response.code
            if sign_in is None or provider is None or code is None:
                raise SignInExpired("no sign-in was proven")
            return await self._once(sign_in, code, provider, browser)
        except BrokerError as error:
            return Failed(error=error, sign_in=callback.proven_sign_in)

    async def come_back(self, sign_in: SignIn, browser: Browser) -> Outcome:
        """What becomes of an answer that was `Unseen`, now that the browser loads a page of ours."""
        try:
            return await self._come_back(sign_in, browser)
        except BrokerError as error:
            return Failed(error=error, sign_in=sign_in)

    async def _once(self, sign_in: SignIn, code: str, provider: Provider, browser: Browser) -> Outcome:
        """A double click sends the callback twice at once: both get the same answer. Another code is refused.

        The work is a task of its own, so that a browser which hangs up does not leave a sign-in half done.
        """
        waiting = self._under_way.get(sign_in.state)
        if waiting is not None:
            if waiting[0] != code:
                raise SignInUsed("a second callback with another code")
            outcome = await asyncio.shield(waiting[1])
            return outcome if isinstance(outcome, Returned | Unseen) else replace(outcome, shared=True)
        task = asyncio.create_task(self._finish(sign_in, code, provider, browser))
        self._under_way[sign_in.state] = (code, task)
        task.add_done_callback(lambda _: self._under_way.pop(sign_in.state, None))
        return await asyncio.shield(task)

    async def _finish(self, sign_in: SignIn, code: str, provider: Provider, browser: Browser) -> Outcome:
        try:
            grant = code_grant(sign_in, code, self._secrets)
            if not await self._consume(sign_in):
                without_cookies = sign_in.response_mode == "form_post" and not browser.session_tokens
                return Unseen(sign_in=sign_in) if without_cookies else await self._come_back(sign_in, browser)
            identity = await provider.identify(grant)
            self._admission.admit(sign_in.redirect_target, sign_in.application)
            if sign_in.connect_to is not None:
                return await self._await_connection(sign_in, identity)
            return await self._sign_in(sign_in, identity, provider, browser)
        except BrokerError as error:
            return Failed(error=error, sign_in=sign_in)

    async def _consume(self, sign_in: SignIn) -> bool:
        now = self._clock.now()
        async with self._store.transaction() as connection:
            return await signins.consume_state(
                connection, token_hash(sign_in.state), now=now, expires_at=now + STATE_LIFETIME
            )

    async def _come_back(self, sign_in: SignIn, browser: Browser) -> Outcome:
        living = {}
        for token in browser.session_tokens:
            with suppress(NotAuthenticated):
                session = (await self._sessions.check(token)).session
                living[session.id] = session.sign_in_hash
        if len(living) > 1:
            raise SignInUsed("the state was consumed, and the browser carries two sessions", security="two_sessions")
        if token_hash(sign_in.state) not in living.values():
            raise SignInUsed("the state was consumed before")
        self._admission.admit(sign_in.redirect_target, sign_in.application)
        return Returned(sign_in=sign_in)

    async def _await_connection(self, sign_in: SignIn, identity: ProviderIdentity) -> HandedOff:
        """Nobody is signed in and nothing is added: the code has yet to be brought by the session that asked."""
        async with self._store.transaction() as connection:
            code = await self._connecting.mint(connection, identity, sign_in)
        return HandedOff(
            sign_in=sign_in, session=None, session_token=None, one_time_code=code, created=False, two_sessions=False
        )

    async def _sign_in(
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
