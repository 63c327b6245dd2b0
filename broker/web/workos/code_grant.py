"""The grant of a code, as both APIs read it from a body. What an application gets for it each of them says itself."""

from collections.abc import Mapping

from starlette.requests import Request

from broker.errors import GrantRefused, RedirectNotAllowed
from broker.models.browsers import Browser
from broker.signin.exchange import ExchangeCode
from broker.web import parse
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.workos import cookies
from broker.web.workos.credentials import Client, required
from broker.web.workos.returning import SURFACE

NOBODY = Browser()
"""A program asks, and speaks for no browser."""


def exchange_of(
    body: Mapping[str, object], client: Client, request: Request, broker: Broker, *, browser: Browser = NOBODY
) -> ExchangeCode:
    """What is asked for, by whom. Raises `InvalidRequest`; `GrantRefused` for who brings no proof at all."""
    verifier = parse.text_member(body, "code_verifier")
    if verifier is None and not client.confidential:
        raise GrantRefused("Neither client_secret nor code_verifier was sent.", code="invalid_client")
    return ExchangeCode(
        unverified_code=required(body, "code"),
        unverified_verifier=verifier,
        unverified_redirect_uri=_redirect_uri(body, client, broker),
        application=client.application,
        confidential=client.confidential,
        surface=SURFACE,
        browser=browser,
        requester=browser_of(request, broker).requester,
        carried=frozenset(cookies.carried(request, client.application) if client.keeps_cookies else ()),
    )


def _redirect_uri(body: Mapping[str, object], client: Client, broker: Broker) -> str | None:
    """The one that came along, read as at the start: clients repeat what they sent there (RFC 6749 section 4.1.3)."""
    unverified = parse.text_member(body, "redirect_uri")
    try:
        return unverified and broker.applications.admit(client.application.client_id, unverified)
    except RedirectNotAllowed:
        return unverified
