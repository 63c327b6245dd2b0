"""From callback to hand-off: the checks, the state consumed, the code redeemed, and then `arrival`.

The order is the safety. Nothing is written before cookie and state fit; the state's hash is committed before the code
leaves us, so a code is sent once, whatever happens; no database connection is held while the provider is asked.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from broker.clock import Clock
from broker.crypto import SecretKeys, token_hash
from broker.errors import BrokerError, NotAuthenticated, SignInExpired, SignInUsed
from broker.models.browsers import Browser
from broker.models.signins import SignIn
from broker.providers.base import Provider
from broker.sessions.lifecycle import Sessions
from broker.signin import checks
from broker.signin.admission import Admission
from broker.signin.arrival import Arrival
from broker.signin.checks import Callback
from broker.signin.code_grant import code_grant
from broker.signin.outcomes import Failed, Outcome, Returned, Unseen
from broker.store import signins
from broker.store.base import Store

STATE_LIFETIME = 15 * 60
"""How long a consumed state is remembered: longer than its cookie lives (ten minutes) plus leeway."""
UnderWay = dict[str, tuple[str, asyncio.Task[Outcome]]]
"""The sign-ins that this process is completing: state → its code and the work. It outlives a reload."""


class Completion:
    """Completes sign-ins. Concurrent callbacks of one sign-in in this process share one answer."""

    def __init__(
        self,
        *,
        store: Store,
        sessions: Sessions,
        arrival: Arrival,
        admission: Admission,
        secrets: SecretKeys,
        clock: Clock,
        under_way: UnderWay,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._arrival = arrival
        self._admission = admission
        self._secrets = secrets
        self._clock = clock
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
                return await self._arrival.await_connection(sign_in, identity)
            return await self._arrival.sign_in(sign_in, identity, provider, browser)
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
