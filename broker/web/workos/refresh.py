"""The refresh grant: the token is in the body, or in the cookie of a page whose `Origin` the application registered.

Without an `Origin` a cookie counts for nothing: any site can make a browser send it.
"""

from collections.abc import Mapping

from starlette.requests import Request

from broker.errors import GrantRefused, InvalidRequest
from broker.sessions.refreshing import Refresh, Refreshed
from broker.web import parse
from broker.web.broker import Broker
from broker.web.browsers import browser_of
from broker.web.workos import cookies, ids
from broker.web.workos.credentials import Client
from broker.web.workos.idempotency import name_of


async def renewed(body: Mapping[str, object], client: Client, request: Request, broker: Broker) -> Refreshed:
    """The session, renewed. Raises `GrantRefused`, `InvalidRequest`."""
    return await broker.refresh_tokens.rotate(
        Refresh(
            unverified_token=parse.text_member(body, "refresh_token") or _in_cookie(client, request),
            client_id=client.application.client_id,
            confidential=client.confidential,
            request_name=name_of(request),
            organization_id=_organization(body),
            browser=browser_of(request, broker),
        )
    )


def _organization(body: Mapping[str, object]) -> str | None:
    unverified = parse.text_member(body, "organization_id")
    if unverified is None:
        return None
    organization_id = ids.read("org", unverified)
    if organization_id is None:
        raise GrantRefused("There is no such organization.", code="organization_not_found")
    return organization_id


def _in_cookie(client: Client, request: Request) -> str:
    """The one in the cookie; of two that differ a sibling host planted one, and neither counts."""
    found = cookies.carried(request, client.application) if client.is_page else set()
    if not found:
        raise InvalidRequest("refresh_token is missing: there is no refresh token in the body, nor one of a known page")
    if len(found) > 1:
        raise GrantRefused("There are two refresh tokens in cookies.")
    return found.pop()
