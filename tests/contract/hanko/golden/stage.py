"""The broker, set as the recorded Hanko was: the same origins, targets and providers, the same person."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.hanko.golden.exchanges import Exchange
from tests.contract.hanko.steps import FlowClient
from tests.peers.microsoft import MicrosoftPeer, running_microsoft
from tests.peers.oidc import CLIENT_ID, CLIENT_SECRET, OidcPeer, running_oidc_peer

PUBLIC = "https://localhost:9100"
APP = "https://app.example.com"


@dataclass(kw_only=True)
class Stage:
    """`session` is the token that `<jwt>` stands for, `user_id` whose it is."""

    broker: RunningBroker
    peer: OidcPeer
    microsoft: MicrosoftPeer
    clock: FrozenClock
    session: str = ""
    user_id: str = ""
    counted: dict[str, str] = field(default_factory=lambda: {"X-Forwarded-For": "198.51.100.7"})

    def browser(self) -> Browser:
        """A fresh browser that calls itself as the recorded one."""
        return Browser(self.broker.url, headers={"User-Agent": "client/1.0"}, reach=self.broker.reach)

    def counted_as(self, address: str) -> None:
        """Come from this address: only requests from elsewhere than this machine are counted, and told of a limit."""
        self.counted = {"X-Forwarded-For": address}

    def to_provider(self, location: str, *, subject: str = "s1") -> str:
        """The callback URL with which the provider sends the person back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = self.peer.sign_in(location, subject=subject)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    async def started(self, browser: Browser, *, redirect_to: str = APP, provider: str = "custom_entra") -> Page:
        """The answer to a start, which leads to the provider."""
        return await browser.start(provider=provider, redirect_to=redirect_to)

    async def code(self, *, subject: str = "s1") -> str:
        """A fresh one-time code of a sign-in without a flow."""
        async with self.browser() as browser:
            page = await self.started(browser)
            page = await browser.get(self.to_provider(page.location or "", subject=subject))
            assert "hanko_token" in page.query, page.location
            return page.query["hanko_token"]

    async def signed_in(self, *, subject: str = "s1") -> tuple[str, str]:
        """A session token, and the user's id."""
        async with self.browser() as browser:
            code = await self.code(subject=subject)
            page = await browser.send("POST", "/token", json={"value": code}, headers=self.counted)
            token = page.set_cookies[0].partition("=")[2].partition(";")[0]
            me = await browser.get("/me", Authorization=f"Bearer {token}")
            return token, str(json.loads(me.body)["user_id"])

    async def flow(
        self, browser: Browser, *, verifier: str | None, flow: str = "login", subject: str = "s1"
    ) -> tuple[FlowClient, str]:
        """A flow that stands at `thirdparty`, and its one-time code."""
        client = FlowClient(browser)
        url = await client.to_provider(flow=flow, provider="custom_entra", redirect_to=APP, verifier=verifier)
        page = await browser.get(url)
        page = await browser.get(self.to_provider(page.location or "", subject=subject))
        return client, page.query["hanko_token"]

    async def connected_code(self, browser: Browser, client: FlowClient) -> str:
        """The one-time code of a further provider that somebody adds to their profile."""
        inputs = {"provider": "custom_fixed", "redirect_to": APP}
        state = await client.run("connect_thirdparty_oauth_provider", inputs)
        signed_in = {"Cookie": f"hanko={self.session}"}
        self.peer.client_id = "client-2"
        page = await browser.send("GET", state["payload"]["redirect_url"], headers=signed_in)
        page = await browser.send("GET", self.to_provider(page.location or ""), headers=signed_in)
        self.peer.client_id = CLIENT_ID
        return page.query["hanko_token"]

    async def send(self, recorded: Exchange, browser: Browser, **values: str) -> Page:
        """The recorded request, with what its placeholders stand for."""
        mine = {"jwt": self.session, "user_id": self.user_id, "USER_ID IN CAPITALS": self.user_id.upper(), **values}

        def filled(text: str) -> str:
            for name, value in mine.items():
                text = text.replace(f"<{name}>", value)
            return text

        headers = {name: filled(value) for name, value in recorded.headers.items()}
        if recorded.target.startswith("/token"):
            headers = self.counted | headers
        body = None if recorded.body is None else filled(recorded.body)
        if body is not None and "Content-Type" not in headers and recorded.recording == "flow":
            headers["Content-Type"] = "application/json"
        return await browser.send(recorded.method, filled(recorded.target), headers=headers, data=body)


def _custom(peer: OidcPeer, **changes: Any) -> dict[str, Any]:
    section = {
        "enabled": True,
        "display_name": "Entra",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "issuer": peer.issuer,
        "use_discovery": True,
        "callback": "shared",
    }
    return section | changes


def _fixed(peer: OidcPeer) -> dict[str, Any]:
    return {
        "enabled": True,
        "display_name": "Another",
        "client_id": "client-2",
        "secret": CLIENT_SECRET,
        "authorization_endpoint": f"{peer.base_url}/authorize",
        "token_endpoint": f"{peer.base_url}/token",
        "userinfo_endpoint": f"{peer.base_url}/userinfo",
        "claims_from": "userinfo",
        "scopes": ["openid", "email"],
        "prompt": "select_account",
        "callback": "shared",
    }


@asynccontextmanager
async def staged(base_dir: Path, *, claims: Mapping[str, Any] | None = None) -> AsyncIterator[Stage]:
    """Until the block ends; the clock stands still, and somebody is signed in, of whom `claims` say something else."""
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(running_microsoft())
        peer = await stack.enter_async_context(running_oidc_peer())
        peer.claims = {
            "email": "jane@example.com", "name": "Jane Doe", "given_name": "Jane", "family_name": "Doe",
            "picture": "https://img.example.com/j.png",
            **(claims or {}),
        }  # fmt: skip
        peer.userinfo = {"sub": "s1", "email": "jane@example.com", "email_verified": True}
        clock = FrozenClock(int(time.time()))
        mine = {
            "server.public.cors.allow_origins": [APP, "https://*.preview.example.com"],
            "third_party": {
                "error_redirect_url": "https://error.example.com/oops",
                "errors_to": "redirect_to",
                "allowed_redirect_urls": [
                    APP,
                    f"{APP}/cb",
                    "https://*.preview.example.com/**",
                    "http://localhost:8888/**",
                ],
                "custom_providers": {
                    "fixed": _fixed(peer),
                    "broken": _custom(peer, display_name="Broken", issuer="http://127.0.0.1:9", client_id="b"),
                    "entra": _custom(peer),
                    "off": _custom(peer, display_name="Off", enabled=False),
                },
            },
            "session.delivery": "token",
            "session.cookie": {"same_site": "strict"},
            "rate_limiter": {"tokens": "1000/m"},
        }
        broker = await stack.enter_async_context(
            running_broker(
                base_dir=base_dir,
                emulator=emulator,
                changes=mine,
                clock=clock,
                public_url=PUBLIC,
            )
        )
        stage = Stage(broker=broker, peer=peer, microsoft=emulator, clock=clock)
        stage.session, stage.user_id = await stage.signed_in()
        yield stage
