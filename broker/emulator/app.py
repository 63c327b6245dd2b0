"""The emulator as a Starlette application: which path is served by what, and how each failure is answered."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.emulator import control as control_interface
from broker.emulator.aadsts import code
from broker.emulator.admin_consent import admin_consent
from broker.emulator.authorize import authorize, choose, consent
from broker.emulator.clouds import GLOBAL, Cloud
from broker.emulator.discovery import discovery, federated_discovery, federated_keys, instances, key_document
from broker.emulator.disturbance import Disturbance
from broker.emulator.failure_answers import answer_token_failure, send_redirect_failure, show_page_failure
from broker.emulator.failures import PageFailure, RedirectFailure, TokenFailure
from broker.emulator.graph import GRAPH_ROUTES
from broker.emulator.graph_answers import GraphFailure, answer_graph_failure
from broker.emulator.logout import logout
from broker.emulator.managed_identity import app_service_token, imds_token
from broker.emulator.pages import explanation_page, home_page
from broker.emulator.requests_page import noting, received
from broker.emulator.state import Emulator, base_of, cloud_of, emulator_of
from broker.emulator.token import token


async def home(request: Request) -> Response:
    """`GET /`: what this server is."""
    emulator = emulator_of(request)
    return home_page(
        base=base_of(request),
        people=[each for each in emulator.directory.all() if each.tenant.seen_in(cloud_of(request))],
        registrations=list(emulator.registrations.values()),
        control=request.app.state.control,
    )


async def explain(request: Request) -> Response:
    """`GET /error?code=`: what an AADSTS number means."""
    number = request.query_params.get("code", "")
    known = code(int(number) if number.isdecimal() and len(number) < 10 else 0)
    return explanation_page(number=known.number, error=known.error, text=known.text)


_ROUTES = (
    Route("/", home),
    Route("/error", explain),
    Route("/common/discovery/instance", instances),
    *GRAPH_ROUTES,
    Route("/_federated/.well-known/openid-configuration", federated_discovery),
    Route("/_federated/keys", federated_keys),
    Route("/metadata/identity/oauth2/token", imds_token),
    Route("/msi/token", app_service_token),
    Route("/{tenant}/v2.0/.well-known/openid-configuration", discovery),
    Route("/{tenant}/discovery/v2.0/keys", key_document),
    Route("/{tenant}/oauth2/v2.0/authorize", authorize, methods=["GET", "POST"]),
    Route("/{tenant}/oauth2/v2.0/logout", logout, methods=["GET", "POST"]),
    Route("/{tenant}/v2.0/adminconsent", admin_consent, methods=["GET", "POST"]),
    Route("/{tenant}/adminconsent", admin_consent, methods=["GET", "POST"]),
    Route("/{tenant}/login", choose, methods=["POST"]),
    Route("/{tenant}/consent", consent, methods=["POST"]),
    # Every method reaches the handler: Microsoft answers GET with an error of its own.
    Route("/{tenant}/oauth2/v2.0/token", token, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
)

_CONTROL_ROUTES = (Route("/requests", received), *control_interface.ROUTES)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    # The keys are made beside the first requests; only those that need one wait for it.
    making = asyncio.create_task(app.state.emulator.keys.ready(*app.state.cloud.key_classes))
    yield
    await making


def create_app(
    *,
    base_url: str | None,
    control: bool,
    redirect_uris: Sequence[str] = (),
    cloud: Cloud = GLOBAL,
    beside: Emulator | None = None,
) -> Starlette:
    """The application of one cloud.

    `base_url` is what every URL and issuer begins with (`http://localhost:8400`), and with it only that host's name
    and the loopback's names are served; None takes the address of each request. `control` opens the control
    interface and the page that shows what was received. `redirect_uris` are registered for every application beside the
    default ones; ValueError if Microsoft would refuse one. `beside` is the state of another cloud's
    application, which this one shares: people, registrations and all else.
    """
    emulator = beside or Emulator(redirect_uris=redirect_uris)
    middleware: list[Middleware] = []
    if base_url:
        emulator.bases[cloud] = base_url.rstrip("/")
        hosts = [urlsplit(base_url).hostname or "localhost", "localhost", "127.0.0.1"]
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False))
    if control:
        middleware.append(Middleware(Disturbance, emulator=emulator))
    app = Starlette(
        routes=[*_ROUTES, *(_CONTROL_ROUTES if control else ())],
        middleware=middleware,
        exception_handlers={
            PageFailure: noting(show_page_failure),
            RedirectFailure: noting(send_redirect_failure),
            TokenFailure: noting(answer_token_failure),
            GraphFailure: noting(answer_graph_failure),
        },
        lifespan=_lifespan,
    )
    app.state.emulator, app.state.cloud, app.state.control = emulator, cloud, control
    return app
