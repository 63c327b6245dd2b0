"""The cookies by which pages of an application keep their session: its refresh token, and a hint that there is one.

The first is for us alone: no script reads it, and it counts only with an `Origin` that the application registered. The
second is for scripts on the application's own host, so that they ask for nothing where there is nothing to be had; it
lists client ids, parted by dots.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from broker.models.applications import Application
from broker.web.broker import Broker
from broker.web.cookies import SameSite, SetCookie, cookies_of

REFRESH: Final = "wos-rt-"
HINT: Final = "workos-has-session"
PATH: Final = "/user_management"
MOST_TOKENS: Final = 3


def carried(request: Request, application: Application) -> set[str]:
    """The different refresh tokens of the application in cookies, unverified: one, or somebody planted another.

    Of a multitude only the first are looked at.
    """
    name = REFRESH + application.client_id
    found = dict.fromkeys(value for key, value in cookies_of(request.scope) if key == name and value)
    return set(list(found)[:MOST_TOKENS])


def keep(
    response: Response, request: Request, broker: Broker, application: Application, *, refresh_token: str, seconds: int
) -> None:
    """Set both cookies; the session lasts that long, and the hint as long as any that it lists may."""
    _set(response, _refresh_cookie(request, broker, application, refresh_token, seconds))
    listed = {one.client_id: one for one in (*_hinted(request, broker, like=application), application)}
    _set(response, _hint(broker, application, listed, max(one.refresh_lifespan for one in listed.values())))


def drop(response: Response, request: Request, broker: Broker, dropped: Collection[Application]) -> None:
    """Delete the refresh tokens of these applications, and take them out of the hints."""
    for application in dropped:
        _set(response, _refresh_cookie(request, broker, application, "", 0))
    for application in {_domain(broker, one): one for one in dropped}.values():
        hinted = _hinted(request, broker, like=application)
        listed = {one.client_id: one for one in hinted if one not in dropped}
        if hinted:
            lasting = max((one.refresh_lifespan for one in listed.values()), default=0)
            _set(response, _hint(broker, application, listed, lasting))


def _refresh_cookie(request: Request, broker: Broker, application: Application, value: str, max_age: int) -> SetCookie:
    return SetCookie(
        name=REFRESH + application.client_id,
        value=value,
        max_age=max_age,
        same_site=_same_site(request, broker),
        secure=_is_https(broker),
        path=PATH,
    )


def _hint(broker: Broker, like: Application, listed: Collection[str], max_age: int) -> SetCookie:
    return SetCookie(
        name=HINT,
        value=".".join(listed),
        max_age=max_age,
        same_site="lax",
        secure=_is_https(broker),
        http_only=False,
        domain=_domain(broker, like),
    )


def _hinted(request: Request, broker: Broker, *, like: Application) -> list[Application]:
    """The applications that the hint lists, of those whose hint it is; whatever else stands there is forgotten."""
    ids = [one for name, value in cookies_of(request.scope) if name == HINT for one in value.split(".")]
    found = [broker.applications.get(one) for one in dict.fromkeys(ids)]
    return [one for one in found if one is not None and _domain(broker, one) == _domain(broker, like)]


def _domain(broker: Broker, application: Application) -> str | None:
    """For whom scripts of the application read the hint; a domain that is not ours no browser would take from us."""
    host, domain = urlsplit(broker.rules.public_origin).hostname or "", application.cookie_domain
    return domain if domain is not None and (host == domain or host.endswith("." + domain)) else None


def _same_site(request: Request, broker: Broker) -> SameSite:
    """A page on another site gets a cookie that comes back from there; browsers take such a one with https only."""
    is_cross_site = request.headers.get("sec-fetch-site") == "cross-site"
    return "none" if is_cross_site and _is_https(broker) else "lax"


def _is_https(broker: Broker) -> bool:
    return broker.rules.public_origin.startswith("https://")


def _set(response: Response, cookie: SetCookie) -> None:
    response.headers.append("Set-Cookie", cookie.header())
