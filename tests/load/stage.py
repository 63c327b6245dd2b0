"""A broker and an emulator in this process, every token request between them written down, and time to be pushed.

The broker is the whole application behind a real server, and so is the emulator; only their event loop is one.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import aiohttp
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.emulator.app import create_app
from broker.emulator.state import Emulator
from tests.brokers import RunningBroker, running_broker
from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer
from tests.providers.stage import TestClock
from tests.servers import loopback_socket, port_of, serving

FIRST, SECOND = "emulator-secret", "emulator-secret-2"
_MICROSOFT = "third_party.providers.microsoft"


@dataclass(kw_only=True)
class TokenRequest:
    """One request to the token endpoint: which code and secret came, and what was answered."""

    code: str
    secret: str
    status: int = 0
    body: bytes = b""

    @property
    def error(self) -> str:
        """The protocol's `error`; empty for a success, `none` for an answer that is not the protocol's."""
        if self.status == 200:
            return ""
        try:
            return str(json.loads(self.body)["error"])
        except (ValueError, KeyError, TypeError):
            return "none"


@dataclass(kw_only=True)
class TokenLog:
    """An ASGI app in front of the emulator: writes down each token request, and changes nothing."""

    app: ASGIApp
    requests: list[TokenRequest] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/oauth2/v2.0/token"):
            await self.app(scope, receive, send)
            return
        body = await _body_of(receive)
        form = parse_qs(body.decode())
        request = TokenRequest(code=form.get("code", [""])[0], secret=form.get("client_secret", [""])[0])
        self.requests.append(request)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            else:
                request.body += message.get("body", b"")
            await send(message)

        await self.app(scope, _replaying(body), noted)

    @property
    def redeemed_twice(self) -> int:
        """Codes for which tokens were given more than once."""
        given = Counter(each.code for each in self.requests if each.status == 200)
        return sum(count > 1 for count in given.values())

    @property
    def sent_again_for_nothing(self) -> int:
        """Codes sent again although what came before was anything but a refused credential."""
        before: dict[str, str] = {}
        again = 0
        for each in self.requests:
            again += before.get(each.code, "invalid_client") != "invalid_client"
            before[each.code] = each.error
        return again

    def count(self, *, secret: str, error: str) -> int:
        """How many requests with this secret ended so."""
        return sum(each.secret == secret and each.error == error for each in self.requests)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a run needs. `clock` pushes the broker's monotonic time, for what it keeps for an hour."""

    broker: RunningBroker
    emulator: MicrosoftPeer
    log: TokenLog
    clock: TestClock

    async def first_secret_becomes_invalid(self) -> None:
        """As when somebody deletes it in the portal."""
        await self.emulator.registrations(client_id=FIRST_CLIENT, secrets=[{"value": SECOND}])


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """A broker with two secrets at an emulator that knows both, until the block ends."""
    clock = TestClock()
    async with AsyncExitStack() as stack:
        emulator, log = await stack.enter_async_context(_emulator())
        changes = {
            f"{_MICROSOFT}.cloud": "custom",
            f"{_MICROSOFT}.authority": emulator.base_url,
            f"{_MICROSOFT}.client_id": FIRST_CLIENT,
            f"{_MICROSOFT}.credentials": [{"value": FIRST, "id": "first"}, {"value": SECOND, "id": "second"}],
        }
        broker = await stack.enter_async_context(running_broker(base_dir=folder, changes=changes, clock=clock))
        yield Stage(broker=broker, emulator=emulator, log=log, clock=clock)


@asynccontextmanager
async def _emulator() -> AsyncIterator[tuple[MicrosoftPeer, TokenLog]]:
    listener = loopback_socket()
    base_url = f"http://localhost:{port_of(listener)}"
    app = create_app(base_url=base_url, control=True)
    emulator: Emulator = app.state.emulator
    log = TokenLog(app=app)
    async with serving(log, listener, lifespan=True), aiohttp.ClientSession() as http:
        yield MicrosoftPeer(base_url, emulator, http), log


async def _body_of(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replaying(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
