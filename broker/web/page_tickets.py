"""What our sign-in page is about: a start whose provider the person is to choose, and how the last try went.

The page itself is `web/hosted`, the way to it `web/sign_in_page`. All of it travels in a ticket: the page may lie open
for a day, and a sign-in that fails comes back to it with a new one. A ticket admits nothing: every target is admitted
again when a provider is chosen. What went wrong stands in it too, so that nobody's link shows a failure that never was.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from broker.errors import InvalidRequest, SignInExpired
from broker.models.signins import ChosenOnPage, Screen, SignIn
from broker.signin.start import StartSignIn
from broker.web.broker import Broker
from broker.web.signed import Expired, Forged
from broker.web.tickets import MOST_BYTES, intent_of, written

PAGE = "/login"
TICKET_SECONDS = 24 * 3600
KNOWN_SECONDS = 400 * 24 * 3600
"""So long we still know of which application a page was that somebody has kept."""
_PURPOSE = "sign-in-page"


@dataclass(frozen=True, kw_only=True)
class Mishap:
    """A sign-in that was begun on the page and failed: our code and reason, our reference, and by which provider.

    `at_provider`: this one could not be reached.
    """

    code: str
    reason: str = ""
    reference: str
    provider: str | None = None
    at_provider: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the page is about: a start whose provider is to be chosen, or chosen anew, and how the last try went."""

    intent: StartSignIn
    mishap: Mishap | None = None


def for_page(intent: StartSignIn, *, screen: Screen, languages: str | None) -> StartSignIn:
    """The same start, begun on our page."""
    page = ChosenOnPage(screen=screen, languages=languages, options=intent.options)
    return replace(intent, provider=None, page=page)


def begun_again(sign_in: SignIn) -> StartSignIn:
    """What a sign-in was begun with on the page, to be begun once more; by the provider that was chosen."""
    assert sign_in.page is not None  # noqa: S101 - only such sign-ins come back to the page
    return StartSignIn(
        surface=sign_in.surface,
        provider=sign_in.provider,
        unverified_redirect_to=sign_in.redirect_target,
        unverified_error_redirect_to=sign_in.error_target,
        code_challenge=sign_in.code_challenge,
        code_challenge_method=None if sign_in.code_challenge is None else "S256",
        options=sign_in.page.options,
        redeemer=sign_in.redeemer,
        application=sign_in.application,
        page=sign_in.page,
    )


@dataclass(frozen=True, kw_only=True)
class Stale:
    """A page that somebody kept too long: whatever began it has forgotten it. `client_id` is the application's."""

    client_id: str | None


def page_url(asked: Asked, broker: Broker) -> str:
    """Where the page stands that is about this."""
    return f"{broker.rules.public_origin}{PAGE}?{urlencode({'ticket': seal(asked, broker)})}"


def seal(asked: Asked, broker: Broker) -> str:
    """The ticket for this."""
    content: dict[str, Any] = {**written(asked.intent), "made_at": broker.clock.now()}
    if asked.mishap is not None:
        content["mishap"] = asdict(asked.mishap)
    return broker.signed.purpose(_PURPOSE).dumps(content)


def read(unverified_ticket: str | None, broker: Broker) -> Asked | Stale:
    """What a ticket is about. Raises `InvalidRequest`, `SignInExpired` for one that is older than anybody's memory."""
    if unverified_ticket is None or len(unverified_ticket) > MOST_BYTES:
        raise InvalidRequest("ticket is a required field")
    try:
        content = broker.signed.purpose(_PURPOSE).loads(unverified_ticket, max_age=KNOWN_SECONDS)
    except Expired as error:
        raise SignInExpired("the ticket of the sign-in page is too old") from error
    except Forged as error:
        raise InvalidRequest("the ticket of the sign-in page was not made here") from error
    mishap, made_at = content.pop("mishap", None), content.pop("made_at", 0)
    asked = Asked(intent=intent_of(content), mishap=None if mishap is None else _mishap_of(mishap))
    if broker.clock.now() - made_at > TICKET_SECONDS:
        application = asked.intent.application
        return Stale(client_id=None if application is None else application.client_id)
    return asked


def _mishap_of(content: dict[str, Any]) -> Mishap:
    try:
        return Mishap(**content)
    except TypeError as error:
        raise SignInExpired("another version of this program made the ticket") from error
