"""An authorization request: read, and checked in the order in which Microsoft does.

What is wrong before client and redirect URI are known to belong together is shown on a page (RFC 6749 section 4.1.2.1);
what is wrong later goes back to the application.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.emulator.claims_parameter import ClaimsRequest, read_claims_parameter
from broker.emulator.failures import PageFailure, RedirectFailure
from broker.emulator.parameters import Repeated, parse_parameters
from broker.emulator.permissions import ScopeMistake, read_scopes
from broker.emulator.registrations import Registration
from broker.emulator.replies import RESPONSE_MODES, ReplyTo
from broker.emulator.tenants import Segment

# Microsoft's libraries know "create" as well; for the accounts that there are here the service refuses it.
PROMPTS = ("login", "none", "consent", "select_account")
_PAGE_MISTAKES = (65005,)
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_AUTOMATIC = "auto:"


@dataclass(frozen=True, kw_only=True)
class Automatic:
    """`login_hint=auto:<name>` stands for a person at the page who clicks on this name and consents where asked.

    With `:cancel` behind it they press cancel, with `:decline` they are asked for consent and do not give it.
    """

    name: str
    cancel: bool
    decline: bool

    @classmethod
    def read(cls, login_hint: str | None) -> "Automatic | None":
        """The scripted choice in a login hint, if it is one."""
        if not login_hint or not login_hint.startswith(_AUTOMATIC):
            return None
        name, _, rest = login_hint[len(_AUTOMATIC) :].partition(":")
        return cls(name=name, cancel=rest == "cancel", decline=rest == "decline")


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A request that may be answered."""

    segment: Segment
    registration: Registration
    reply_to: ReplyTo
    scopes: tuple[str, ...]
    nonce: str | None = None
    challenge: str | None = None
    challenge_method: str = "plain"
    prompt: str | None = None
    login_hint: str | None = None
    domain_hint: str | None = None
    max_age: int | None = None
    claims: ClaimsRequest = field(default_factory=ClaimsRequest)
    client_info: bool = False
    query: str = field(repr=False)

    @property
    def automatic(self) -> Automatic | None:
        """The scripted choice, if the request carries one."""
        return Automatic.read(self.login_hint)


def read_authorization_request(
    query: str, *, segment: Segment | None, registrations: Mapping[str, Registration], base: str
) -> AuthorizationRequest:
    """Read a request's query and check it step by step. Raises `PageFailure` or `RedirectFailure`."""
    try:
        parameters = parse_parameters(query)
    except Repeated as repeated:
        raise PageFailure(number=9000411) from repeated
    if segment is None:
        raise PageFailure(number=90002)
    registration = registration_asking(parameters, registrations)
    reply_to = reply_address(parameters, registration)
    _check_audience(registration, segment, reply_to)
    _check_response_type(parameters, reply_to)
    challenge, method = _code_challenge(parameters, reply_to)
    return AuthorizationRequest(
        segment=segment,
        registration=registration,
        reply_to=reply_to,
        scopes=_scopes(parameters, registration, reply_to, base),
        nonce=parameters.get("nonce"),
        challenge=challenge,
        challenge_method=method,
        prompt=_prompt(parameters, reply_to),
        login_hint=parameters.get("login_hint"),
        domain_hint=parameters.get("domain_hint"),
        max_age=_max_age(parameters, reply_to),
        claims=_claims(parameters, reply_to),
        client_info=parameters.get("client_info") == "1",
        query=query,
    )


def registration_asking(parameters: Mapping[str, str], registrations: Mapping[str, Registration]) -> Registration:
    """The application that a request names. Raises `PageFailure`."""
    if "client_id" not in parameters:
        raise PageFailure(number=900144, description=missing("client_id"))
    registration = registrations.get(parameters["client_id"].lower())
    if registration is None:
        raise PageFailure(number=700016)
    return registration


def reply_address(parameters: Mapping[str, str], registration: Registration) -> ReplyTo:
    """Where its answer goes. Raises `PageFailure` for an address that is not registered."""
    if "redirect_uri" not in parameters:
        raise PageFailure(number=900144, description=missing("redirect_uri"))
    redirect_uri = parameters["redirect_uri"]
    if not registration.allows_redirect(redirect_uri):
        raise PageFailure(number=50011)
    state, mode = parameters.get("state"), parameters.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        by_query = ReplyTo(redirect_uri=redirect_uri, state=state)
        raise RedirectFailure(number=70007, reply_to=by_query, description="response_mode is not supported.")
    return ReplyTo(redirect_uri=redirect_uri, mode=mode, state=state)


def _check_audience(registration: Registration, segment: Segment, reply_to: ReplyTo) -> None:
    number = registration.audience_mistake(segment)
    if number == 50194:
        # The one of them that was seen to come back to the application.
        raise RedirectFailure(number=number, reply_to=reply_to)
    if number is not None:
        raise PageFailure(number=number)


def _check_response_type(parameters: Mapping[str, str], reply_to: ReplyTo) -> None:
    asked = set(parameters.get("response_type", "").split())
    if not asked:
        raise RedirectFailure(number=900144, reply_to=reply_to, description=missing("response_type"))
    if not asked <= {"code", "id_token", "token"}:
        raise RedirectFailure(number=70005, reply_to=reply_to)
    # No registration here has the implicit or the hybrid grant switched on.
    if asked != {"code"}:
        raise RedirectFailure(number=700054 if "id_token" in asked else 700051, reply_to=reply_to)


def _scopes(parameters: Mapping[str, str], registration: Registration, reply_to: ReplyTo, base: str) -> tuple[str, ...]:
    if "scope" not in parameters:
        raise RedirectFailure(number=900144, reply_to=reply_to, description=missing("scope"))
    try:
        return read_scopes(parameters["scope"], configured=registration.permissions, base=base)
    except ScopeMistake as mistake:
        if mistake.number in _PAGE_MISTAKES:
            raise PageFailure(number=mistake.number) from mistake
        raise RedirectFailure(number=mistake.number, reply_to=reply_to) from mistake


def _code_challenge(parameters: Mapping[str, str], reply_to: ReplyTo) -> tuple[str | None, str]:
    """Challenge and method; a missing method means `plain` (RFC 7636 section 4.3)."""
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise RedirectFailure(number=50147, reply_to=reply_to)
        return None, "plain"
    if not _CHALLENGE.fullmatch(challenge):
        raise RedirectFailure(number=501491, reply_to=reply_to)
    if method not in (None, "plain", "S256"):
        raise RedirectFailure(number=50149, reply_to=reply_to)
    return challenge, method or "plain"


def _prompt(parameters: Mapping[str, str], reply_to: ReplyTo) -> str | None:
    prompt = parameters.get("prompt")
    if prompt is not None and prompt not in PROMPTS:
        raise RedirectFailure(number=90023, reply_to=reply_to, description="prompt is not supported.")
    return prompt


def _max_age(parameters: Mapping[str, str], reply_to: ReplyTo) -> int | None:
    max_age = parameters.get("max_age")
    if max_age is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", max_age):
        raise RedirectFailure(number=90023, reply_to=reply_to, description="max_age is not a number of seconds.")
    return int(max_age)


def _claims(parameters: Mapping[str, str], reply_to: ReplyTo) -> ClaimsRequest:
    try:
        return read_claims_parameter(parameters.get("claims"))
    except ValueError as error:
        raise RedirectFailure(number=90023, reply_to=reply_to, description="claims is not supported.") from error


def missing(name: str) -> str:
    """The sentence that names the parameter a request lacks."""
    return f"The request must contain the parameter '{name}'."
