"""The same three by https, and the emulator on a site of its own: what cookies do between sites is what is looked at.

Broker and demo share the host 127.0.0.1, the emulator is `localhost`: two sites for a browser, as Microsoft's and ours.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.app import Application
from broker.cli.local_authority import LocalCertificate, local_certificate
from broker.config.load import load_mapping
from broker.demo.app import create_app as create_demo
from broker.emulator.app import create_app as create_emulator
from broker.errors import NotAuthenticated
from tests.servers import configured, loopback_socket, port_of, running


@dataclass(frozen=True, kw_only=True)
class SecureHouse:
    """The addresses, each without a slash at its end, and what runs behind them."""

    broker: str
    emulator: str
    demo: str
    application: Application

    def start_url(self, **parameters: str) -> str:
        """Where a sign-in begins that ends at the demo."""
        query = {"provider": "microsoft", "redirect_to": f"{self.demo}/", **parameters}
        return f"{self.broker}/thirdparty/auth?{urlencode(query)}"

    def framing_url(self, origin: str, framed: str) -> str:
        """A page of this origin that frames that address."""
        return f"{origin}/framing?{quote(framed)}"

    def logout_url(self) -> str:
        """The broker's page that asks, and returns to the demo."""
        return f"{self.broker}/logout?{urlencode({'return_to': f'{self.demo}/'})}"

    async def is_valid(self, token: str) -> bool:
        """Whether the broker takes this session token, whoever brings it."""
        try:
            await self.application.broker.sessions.check(token)
        except NotAuthenticated:
            return False
        return True


@asynccontextmanager
async def secure_house(base_dir: Path, changes: Mapping[str, Any] | None = None) -> AsyncIterator[SecureHouse]:
    """The three until the block ends; `changes` are those of the Microsoft section."""
    made = local_certificate(base_dir / "tls")
    async with AsyncExitStack() as stack:
        listeners = [stack.enter_context(loopback_socket()) for _ in range(3)]
        ports = [port_of(listener) for listener in listeners]
        broker, demo = f"https://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}"
        emulator = f"https://localhost:{ports[2]}"
        config = load_mapping(_tree(broker, demo, ports[2], made, changes or {}), {}, name="test").config
        application = await Application.open(config, base_dir=base_dir)
        stack.push_async_callback(application.close)
        registered = [config.callback_url, config.signed_out_url]
        microsoft = create_emulator(base_url=emulator, control=True, redirect_uris=registered)
        microsoft.state.emulator.tell_of_sign_outs(f"{broker}/thirdparty/logout/microsoft")
        apps: list[tuple[ASGIApp, bool]] = [
            (application.public, False),
            (
                create_demo(broker_url=broker, app_url=demo, issuer=broker, audience="127.0.0.1", ca_file=made.ca_file),
                True,
            ),
            (microsoft, True),
        ]
        for (app, lifespan), listener in zip(apps, listeners, strict=True):
            by_https = configured(_framing(app), lifespan=lifespan, certificate=made.certificate)
            await stack.enter_async_context(running(by_https, listener))
        yield SecureHouse(broker=broker, emulator=emulator, demo=demo, application=application)


def _framing(app: ASGIApp) -> ASGIApp:
    """The app, and at `/framing?…` a page of the same origin that frames whatever address stands in its query.

    A page that the test would only pretend to be there counts as one of the internet, which may ask no loopback.
    """

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/framing":
            await app(scope, receive, send)
            return
        framed = escape(unquote(scope["query_string"].decode()))
        body = f'<!doctype html><title>Framing</title><link rel="icon" href="data:,"><iframe src="{framed}"></iframe>'
        await HTMLResponse(body)(scope, receive, send)

    return served


def _tree(
    broker: str, demo: str, emulator_port: int, made: LocalCertificate, changes: Mapping[str, Any]
) -> dict[str, Any]:
    pem = {"cert": str(made.certificate), "key": str(made.certificate)}
    return {
        "service": {
            "environment": "staging",
            "public_url": broker,
            "emulator_address": f"127.0.0.1:{emulator_port}",
            "emulator_tls": pem,
        },
        "server": {"public": {"cors": {"allow_origins": [demo]}}},
        "database": {"url": "sqlite:///broker.db"},
        "third_party": {
            "error_redirect_url": f"{demo}/",
            "allowed_redirect_urls": [f"{demo}/**"],
            "providers": {"microsoft": {"ca_file": str(made.ca_file), **changes}},
        },
    }
