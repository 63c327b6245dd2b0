"""The sign-in page, asked silently: is our redirect URI registered, and does the registration fit the tenant?

Microsoft sends its answer to a redirect URI only if that is registered; so a redirect to ours proves that it is, and
any other fault is on a page, with a number. What is neither proves nothing, and nothing is said of it.
"""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import parse_qsl

from broker.config.show import to_register
from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok, problem
from broker.doctor.registration import KEY, Registration
from broker.doctor.said import named, remedy_of, said_by
from broker.net.client import Answer
from broker.providers.microsoft.errors import numbers_in

_NOT_REGISTERED: Final = 50011
_NOBODY_IS_SIGNED_IN: Final = frozenset({"login_required", "interaction_required", "consent_required"})
_ORGANISATIONS_ONLY: Final = 9002332
_PERSONAL: Final = "consumers"


async def redirect_uri(examination: Examination) -> AsyncIterator[Finding]:
    """What to register, ready to paste, and what Microsoft says to it."""
    registration = examination.microsoft
    if registration is None or registration.cloud.emulator:
        return
    ours = registration.callback_url
    if registration.metadata is None or examination.offline:
        yield note(f"the redirect URI is {ours}", f"{_where(registration)}; nobody was asked whether it is there")
        return
    url = registration.silent_url(registration.metadata.authorization_endpoint)
    answer = await registration.upstream.get(url, kind="authorize", keep_redirects=True)
    if isinstance(answer, Finding):
        yield answer
        return
    for finding in _judged(answer, registration):
        yield finding


async def further_urls(examination: Examination) -> AsyncIterator[Finding]:
    """What Microsoft has to know beside the redirect URI, ready to paste. Nobody can be asked whether it does."""
    registration = examination.microsoft
    if registration is None or registration.cloud.emulator:
        return
    for what, url in to_register(examination.config):
        if url == registration.callback_url:
            continue
        if what != "redirect URI" and not url.startswith("https://"):
            yield note(f"{what} {url}: Microsoft takes https only", "server.public.tls; broker dev --tls shows it")
        else:
            yield ok(f"{what} to register: {url}")


async def personal_accounts(examination: Examination) -> AsyncIterator[Finding]:
    """With `common`, a registration for organisations works, until somebody comes with a personal account."""
    registration = examination.microsoft
    if registration is None or not registration.is_served:
        return
    section = registration.section
    if section.tenant != "common" or not section.tenants.admits_personal:
        return
    url = registration.silent_url(f"{registration.cloud.authority}/{_PERSONAL}/oauth2/v2.0/authorize")
    answer = await registration.upstream.get(url, kind="authorize of personal accounts", keep_redirects=True)
    if isinstance(answer, Finding) or _ORGANISATIONS_ONLY not in (*said_by(answer), *_redirected(answer)):
        return
    yield problem(
        f"{KEY} admits personal accounts, and the registration takes none: AADSTS{_ORGANISATIONS_ONLY}",
        "tenant: organizations (or tenants.personal: false); or let the registration take personal accounts too",
    )


def _judged(answer: Answer, registration: Registration) -> list[Finding]:
    ours = registration.callback_url
    location = answer.headers.get("location", "")
    if 300 <= answer.status < 400 and _is_at(location, ours):
        return [ok(f"the redirect URI {ours} is registered"), _served(location, registration)]
    numbers = said_by(answer)
    if _NOT_REGISTERED in numbers:
        return [problem(f"the redirect URI {ours} is not registered: AADSTS{_NOT_REGISTERED}", _where(registration))]
    if numbers:
        return [_refused(numbers, registration)]
    says = f"the redirect URI is {ours}; whether it is registered cannot be seen from here"
    return [note(says, _where(registration))]


def _served(location: str, registration: Registration) -> Finding:
    """Whether Microsoft would have asked for a person, or tells the application rather than the person of a fault."""
    parameters = _parameters(location)
    error = parameters.get("error", "")
    numbers = numbers_in(parameters.get("error_description"))
    if not error or error in _NOBODY_IS_SIGNED_IN:
        registration.is_served = True
        return ok(f"the sign-in page serves this registration with tenant {registration.section.tenant}")
    return _refused(numbers, registration)


def _refused(numbers: tuple[int, ...], registration: Registration) -> Finding:
    says = f"the sign-in page refuses this registration with tenant {registration.section.tenant}: {named(numbers)}"
    return problem(says, remedy_of(numbers))


def _redirected(answer: Answer) -> tuple[int, ...]:
    return numbers_in(_parameters(answer.headers.get("location", "")).get("error_description"))


def _parameters(unverified_location: str) -> dict[str, str]:
    """What a redirect brings along, whatever else of it can be read."""
    return dict(parse_qsl(unverified_location.partition("?")[2].partition("#")[0]))


def _is_at(location: str, ours: str) -> bool:
    """Whether a redirect leads to exactly our callback, whatever it brings along."""
    return location.partition("?")[0].partition("#")[0] == ours


def _where(registration: Registration) -> str:
    registered = f"App registrations, {registration.client_id}, Authentication, platform Web"
    return f"portal, {registered}: {registration.callback_url}"
