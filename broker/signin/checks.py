"""What a callback may not do: the rules, one function each, in the order in which they run.

A callback is whatever a browser was made to send here; until the cookie and the state fit each other, nobody has
proven anything. A rule raises, or says nothing. `proven_sign_in` is what the rest of the broker may believe.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from broker.errors import BrowserMismatch, ResponseInvalid, SignInExpired
from broker.models.signins import SignIn
from broker.protocol.authorization import UnverifiedAuthorizationResponse
from broker.providers.base import Provider, ResponseMode

STATE_LENGTH = 43
"""32 bytes in base64url."""
UNTRUSTED = "invalid_response"
"""The code of a reply that came in the right place, to a sign-in that is proven, and still cannot be trusted."""
CookieFault = Literal["absent", "expired", "forged", "other_state"]


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A callback as it came in, and what was found in the cookie under its state's own name."""

    response: UnverifiedAuthorizationResponse
    response_mode: ResponseMode
    path_provider: str | None
    cookie: SignIn | CookieFault
    providers: Mapping[str, Provider]
    former_providers: Sequence[Provider] = ()

    @property
    def answerers(self) -> list[Provider]:
        """The providers whose answers come in on this path, former registrations included."""
        everybody = [*self.providers.values(), *self.former_providers]
        if self.path_provider is not None:
            return [provider for provider in everybody if provider.id == self.path_provider]
        return [provider for provider in everybody if not provider.own_callback]

    @property
    def provider(self) -> Provider | None:
        """The very registration that the proven sign-in asked: the one in force, or one that a reload replaced.

        Only while a provider of that name is still enabled, and an emulator's only while it still may stand in.
        """
        sign_in = self.proven_sign_in
        current = None if sign_in is None else self.providers.get(sign_in.provider)
        if sign_in is None or current is None:
            return None
        for provider in (current, *self.former_providers):
            if (provider.id, provider.registration) == (sign_in.provider, sign_in.registration):
                return provider if current.emulator or not provider.emulator else None
        return None

    @property
    def proven_sign_in(self) -> SignIn | None:
        """The sign-in, once cookie and state fit: from then on the browser is the one that began it."""
        return self.cookie if isinstance(self.cookie, SignIn) else None


def response_mode_is_served(callback: Callback) -> None:
    """A code that comes another way than the one we asked for was sent by somebody else.

    A sign-in that began before a reload is answered in the way that it asked for.
    """
    served = {provider.response_mode for provider in callback.answerers}
    sign_in = callback.proven_sign_in
    if sign_in is not None and sign_in.provider in {provider.id for provider in callback.answerers}:
        served.add(sign_in.response_mode)
    if callback.response_mode not in served:
        raise ResponseInvalid(f"no provider answers here by {callback.response_mode}")


def state_is_well_formed(callback: Callback) -> None:
    """Without a state the answer belongs to no sign-in (RFC 6749 section 10.12)."""
    state = callback.response.state
    if state is None or len(state) != STATE_LENGTH:
        raise ResponseInvalid("the answer carries no state of ours")


def browser_is_the_one_that_began(callback: Callback) -> None:
    """The cookie binds the sign-in to one browser: a callback URL sent to somebody else is worth nothing there."""
    if callback.cookie == "other_state":
        raise BrowserMismatch("the cookie was made for another state")
    if not isinstance(callback.cookie, SignIn):
        raise SignInExpired(f"the cookie of this sign-in is {callback.cookie}")
    if callback.cookie.state != callback.response.state:
        raise BrowserMismatch("the cookie holds another state than the answer")


def provider_is_the_one_asked(callback: Callback) -> None:
    """Against mix-up (RFC 9700 section 4.4): the answer comes in where the provider that was asked answers."""
    sign_in = callback.proven_sign_in
    if sign_in is None or sign_in.provider not in {provider.id for provider in callback.answerers}:
        raise ResponseInvalid("the answer came in on another provider's path")


def registration_is_known(callback: Callback) -> None:
    """A code goes to the registration that issued it or nowhere: another one must not even see it."""
    if callback.provider is None:
        raise SignInExpired("the registration that was asked is no longer configured")


def response_mode_is_the_one_asked_for(callback: Callback) -> None:
    """As the first rule, now that the sign-in is known."""
    if callback.response_mode != _sign_in(callback).response_mode:
        raise ResponseInvalid("the answer came in by another response mode than asked for")


def answer_is_well_formed(callback: Callback) -> None:
    """Two codes, a code and an error, bytes that no code has: what could be read in two ways is not read at all."""
    if callback.response.fault is not None:
        raise ResponseInvalid(callback.response.fault, code=UNTRUSTED)


def issuer_fits(callback: Callback) -> None:
    """RFC 9207 section 2.4: an `iss` must be the issuer that was asked, and be there if the provider announced it."""
    if not _provider(callback).accepts_issuer(callback.response.issuer):
        raise ResponseInvalid("the answer names another issuer, or none though one was announced", code=UNTRUSTED)


def provider_did_not_refuse(callback: Callback) -> None:
    """An error is an answer too, believed only from here on: anybody can craft one."""
    if callback.response.error is not None:
        raise _provider(callback).refusal(callback.response.error)


def code_is_there(callback: Callback) -> None:
    """Neither error nor code: an admin consent comes back like that. It signs nobody in and admits no directory."""
    if callback.response.admin_consent:
        raise ResponseInvalid("an administrator consented", code="interaction_required", reason="admin_consent_given")
    if callback.response.code is None:
        raise ResponseInvalid("the answer carries neither code nor error", code=UNTRUSTED)


CHECKS: tuple[Callable[[Callback], None], ...] = (
    response_mode_is_served,
    state_is_well_formed,
    browser_is_the_one_that_began,
    provider_is_the_one_asked,
    registration_is_known,
    response_mode_is_the_one_asked_for,
    answer_is_well_formed,
    issuer_fits,
    provider_did_not_refuse,
    code_is_there,
)
"""All rules, in order. After the last one the state is consumed and the code is sent; see `signin/complete`."""


def run(callback: Callback) -> None:
    """Raise what the first broken rule raises."""
    for check in CHECKS:
        check(callback)


def _sign_in(callback: Callback) -> SignIn:
    if callback.proven_sign_in is None:
        raise SignInExpired("no sign-in was proven")
    return callback.proven_sign_in


def _provider(callback: Callback) -> Provider:
    if callback.provider is None:
        raise SignInExpired("no sign-in was proven")
    return callback.provider
