"""What the sign-in page shows: the providers as links, the last one that was used first, and how the last try went.

Links, no forms: `form-action` would have to name every place that a provider's redirects pass on the way back. What a
link carries is a ticket (`web/sign_in_page`), so the page works as long as somebody leaves it open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import retry_of
from broker.signin.redirects import add_query
from broker.signin.start import StartSignIn
from broker.web import pages
from broker.web.broker import Broker
from broker.web.hosted.languages import Language, language_for
from broker.web.hosted.ways import Way, last_used, ways_of
from broker.web.page_tickets import PAGE, Asked, Mishap, seal

START = f"{PAGE}/start"
LOGO = f"{PAGE}/logo"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One provider on the page."""

    label: str
    href: str
    was_last: bool


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong, in the person's language; `back` leads to where somebody else is told."""

    sentence: str
    reference: str
    back: str | None


async def show(asked: Asked, request: Request, broker: Broker) -> Response:
    """The page."""
    intent, mishap = asked.intent, asked.mishap
    language = language_for(
        None if intent.page is None else intent.page.languages, request.headers.get("accept-language", "")
    )
    response = pages.render(
        "sign_in.html",
        broker,
        text=language.page,
        title=_title(intent, language, broker),
        lead=_lead(intent, language, broker),
        choices=_choices(asked, language, request, broker, await ways_of(intent, broker)),
        logo=None if broker.logo is None else f"{LOGO}?{broker.logo.name}",
        failure=None if mishap is None else _failure(mishap, intent, language, broker),
    )
    response.headers["Content-Language"] = language.tag
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response


def _title(intent: StartSignIn, language: Language, broker: Broker) -> str:
    is_new = intent.page is not None and intent.page.screen == "sign-up" and broker.rules.allow_signup
    return language.page["sign_up" if is_new else "sign_in"]


def _lead(intent: StartSignIn, language: Language, broker: Broker) -> str | None:
    application = None if intent.application is None else broker.applications.get(intent.application.client_id)
    return None if application is None else language.page["lead"].format(application=application.name)


def _choices(
    asked: Asked, language: Language, request: Request, broker: Broker, ways: Sequence[Way]
) -> Sequence[Choice]:
    ticket = seal(asked, broker)
    last = last_used(ways, broker.last_provider_cookie.read(request.scope))
    return [
        Choice(
            label=_label(way, asked.mishap, language),
            href=f"{START}?{urlencode({'provider': way.id, 'ticket': ticket})}",
            was_last=way is last and len(ways) > 1,
        )
        for way in sorted(ways, key=lambda way: way is not last)
    ]


def _label(way: Way, mishap: Mishap | None, language: Language) -> str:
    """A stand-in says that it is one."""
    text, name = language.page, way.name
    if way.emulator:
        name = text["emulated"].format(provider=name)
    if mishap is None or mishap.provider != way.id:
        return text["continue_with"].format(provider=name)
    other = retry_of(mishap.code) == "other_account"
    return text["other_account" if other else "again_with"].format(provider=name)


def _failure(mishap: Mishap, intent: StartSignIn, language: Language, broker: Broker) -> Failure:
    sentence = language.sentence(mishap.code, mishap.reason)
    return Failure(sentence=sentence, reference=mishap.reference, back=_back(mishap, sentence, intent, broker))


def _back(mishap: Mishap, sentence: str, intent: StartSignIn, broker: Broker) -> str | None:
    """Where the failure would have been told if there were no page, with the same words."""
    rules = broker.rules
    own = intent.unverified_redirect_to if rules.errors_to_redirect_target else None
    target = broker.admission.still_admits(intent.unverified_error_redirect_to or own, intent.application)
    where = target or rules.error_redirect_url
    if where is None:
        return None
    returning = broker.returning_to(intent.surface if target is not None else None)
    told = returning.failed(
        code=mishap.code,
        at_provider=mishap.at_provider,
        sentence=sentence,
        reference=mishap.reference,
        application=intent.application,
    )
    return add_query(where, told)
