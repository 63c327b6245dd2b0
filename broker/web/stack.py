"""The two ASGI apps, public and admin: their routes inside the middleware, from the outside in."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from broker.web.admin.routes import ADMIN
from broker.web.answers import refusal
from broker.web.broker import Broker
from broker.web.errors import JsonDialect
from broker.web.hanko.admin.routes import ADMIN as HANKO_ADMIN
from broker.web.hanko.flow.engine import FlowDialect
from broker.web.hanko.flow.framing import FlowFraming
from broker.web.hanko.routes import FLOWS, REST
from broker.web.hosted.routes import PAGES as SIGN_IN_PAGE
from broker.web.middleware.body_limit import BodyLimit
from broker.web.middleware.cors import Cors
from broker.web.middleware.hosts import Hosts, without_port
from broker.web.middleware.origin_rule import OriginRule
from broker.web.middleware.proxy_headers import ProxyHeaders
from broker.web.middleware.rate_limit import RateLimit, Windows
from broker.web.middleware.registered_urls import RegisteredUrls
from broker.web.middleware.request_log import RequestLog
from broker.web.middleware.security_headers import SecurityHeaders
from broker.web.paths import Paths
from broker.web.plain.routes import PROGRAMS, SIGN_IN, SignInDialect
from broker.web.surface import Dialect, Endpoint, buckets, mount
from broker.web.workos.errors import ApiDialect, OAuthDialect, PageDialect
from broker.web.workos.routes import BROWSER, EXCHANGES, MANAGEMENT
from broker.web.workos.spelling import Spelling

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await refusal(scope, 404)(scope, receive, send)


def public_app(broker: Broker, *, windows: Windows) -> ASGIApp:
    """What browsers and backends reach. `windows` is what was counted for the limits until now."""
    rules = broker.rules
    tables: list[tuple[Sequence[Endpoint], Dialect]] = [
        ((*SIGN_IN, *SIGN_IN_PAGE), SignInDialect()),
        (PROGRAMS, JsonDialect()),
    ]
    if rules.speaks_hanko:
        tables += [(FLOWS, FlowDialect()), (REST, JsonDialect())]
    if rules.speaks_workos:
        tables += [(BROWSER, PageDialect()), (EXCHANGES, OAuthDialect()), (MANAGEMENT, ApiDialect())]
    # One table in the end: a page and a program's endpoint may share a path.
    table = [replace(endpoint, dialect=endpoint.dialect or dialect) for part, dialect in tables for endpoint in part]
    paths = Paths(mount(table, JsonDialect()), default=_not_found)
    app: ASGIApp = BodyLimit(paths)
    app = RateLimit(
        app,
        paths=buckets(table),
        limits=rules.request_limits,
        windows=windows,
        clock=broker.clock,
        faces_the_world=rules.faces_the_world,
    )
    app = OriginRule(app)
    app = Cors(app)
    if rules.speaks_workos:
        app = RegisteredUrls(app)
    app = Hosts(app, is_ours=rules.hosts.__contains__, key="service.public_url or server.hosts")
    app = ProxyHeaders(app, trusted_proxies=rules.trusted_proxies, clock=broker.clock)
    app = RequestLog(app, surface="public", template_of=paths.template_of)
    if rules.speaks_hanko:
        app = FlowFraming(app)
    if rules.speaks_workos:
        app = Spelling(app)
    return SecurityHeaders(app, is_https=rules.public_origin.startswith("https://"))


def admin_app(broker: Broker) -> ASGIApp:
    """What operators reach."""
    table = [*(HANKO_ADMIN if broker.rules.speaks_hanko else ()), *ADMIN]
    paths = Paths(mount(table, JsonDialect(), access_first=True), default=_not_found)
    app: ASGIApp = BodyLimit(paths)
    app = Hosts(app, is_ours=_is_admin_host(broker), key="server.admin.hosts", admits_own_address=True)
    app = ProxyHeaders(app, trusted_proxies=broker.rules.trusted_proxies, clock=broker.clock)
    app = RequestLog(app, surface="admin", template_of=paths.template_of)
    return SecurityHeaders(app, is_https=False)


def _is_admin_host(broker: Broker) -> Callable[[str], bool]:
    """Loopback's names, or what `admin.hosts` lists; the port does not matter."""
    names = broker.rules.admin_hosts | LOOPBACK_NAMES
    return lambda host: host in names or without_port(host) in names
