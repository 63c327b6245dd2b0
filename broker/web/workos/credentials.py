"""Who an exchange is for: the body names the application and proves it, whatever header came along.

A secret that does not fit is refused before the code is looked at, so that a mistake does not use it up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from broker.errors import GrantRefused, InvalidRequest, NotPermitted
from broker.models.applications import Application
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import note
from broker.web.workos.access import weigh

_REFUSED = "The client is unknown, or its secret does not fit."
_KNOWN: Final = frozenset({
    "grant_type", "client_id", "client_secret", "code", "code_verifier", "redirect_uri", "refresh_token",
    "organization_id", "ip_address", "user_agent",
})  # fmt: skip
"""What is read of a form. No other name comes back in an answer, or into the log."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """The application that asks; `confidential`: it proved itself by its secret. `is_page`: a page of its own asks."""

    application: Application
    confidential: bool
    is_page: bool = False

    @property
    def keeps_cookies(self) -> bool:
        """Whether it is a page without secret: only that has its refresh token in a cookie of ours."""
        return self.is_page and not self.confidential


async def body_of(request: Request) -> Mapping[str, object]:
    """The parameters in the body, as JSON or as a form: SDKs send both. Raises `InvalidRequest`."""
    if parse.media_type(request) == parse.FORM:
        return dict(parse.single(parse.pairs(await request.body()), _KNOWN))
    return await parse.json_object(request)


def client_of(body: Mapping[str, object], request: Request, broker: Broker) -> Client:
    """The application of this body. Raises `GrantRefused` (`invalid_client`), `InvalidRequest`, `NotPermitted`.

    `RateLimited` after too many wrong secrets.
    """
    client_id = parse.text_member(body, "client_id")
    if client_id is None:
        raise InvalidRequest("client_id is missing")
    application = broker.applications.get(client_id)
    if application is None:
        raise GrantRefused(_REFUSED, code="invalid_client", remedy="no client_id of workos.applications is this one")
    note(request, application=application.client_id)
    secret, is_page = parse.text_member(body, "client_secret"), _is_page(application, request, broker)
    if secret is None:
        return Client(application=application, confidential=False, is_page=is_page)
    is_right = broker.applications.by_api_key(secret) == application
    weigh(secret, request, broker, is_right=is_right)
    if not is_right:
        raise GrantRefused(_REFUSED, code="invalid_client", remedy="the secret is none of this application's api_keys")
    return Client(application=application, confidential=True, is_page=is_page)


def required(body: Mapping[str, object], name: str) -> str:
    """A text that must be there. Raises `InvalidRequest`."""
    found = parse.text_member(body, name)
    if found is None:
        raise InvalidRequest(f"{name} is missing")
    return found


def _is_page(application: Application, request: Request, broker: Broker) -> bool:
    """Whether a page of this application asks. One of another application is told nothing, not even the answer.

    CORS let it come this far, since a preflight names no application.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return False
    if not broker.applications.admits_origin(application.client_id, origin):
        request.scope["origin_refused"] = True
        raise NotPermitted("the page's origin is not registered for the application")
    return True
