"""The Microsoft emulator as a real server on an ephemeral loopback port, and a small client of its control interface.

    async def test_something(microsoft_emulator: MicrosoftPeer) -> None:
        await microsoft_emulator.claims(remove=["nonce"])
        ... # a broker whose `authority` is microsoft_emulator.base_url

It runs in the test's own event loop under uvicorn. `running_microsoft` is the same for those who want several, or to
stop it in the middle.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import pytest

from broker.emulator.app import create_app
from broker.emulator.clock import Clock
from broker.emulator.clouds import Cloud
from broker.emulator.keys import KeyName, Keys, SigningKey
from broker.emulator.state import Emulator
from tests.servers import loopback_socket, port_of, serving

FIRST_CLIENT = "c11e0000-0000-4000-8000-00000000000c"
SECRET = "emulator-secret"


class MicrosoftPeer:
    """A running emulator. The methods are its control interface; each returns what control answered."""

    def __init__(self, base_url: str, emulator: Emulator, http: aiohttp.ClientSession) -> None:
        self.base_url = base_url
        self.emulator = emulator
        self._http = http

    async def fault(self, endpoint: str, **what: object) -> Any:
        """Queue a fault: `fault("token", aadsts=7000222)`, `fault("keys", status=503, times=2)`."""
        return await self._post("faults", {"endpoint": endpoint, **what})

    async def claims(self, **change: object) -> Any:
        """Spoil the next ID token: `claims(set={"nonce": "x"})`, `claims(person="bob", alg="none")`."""
        return await self._post("claims", change)

    async def keys(self, action: str, **rest: object) -> Any:
        """`rotate`, `emergency`, `add_government`, `own` with `client_id`; or what is served from now on: `stale`,
        `empty`, `malformed`, `remove_issuer`, `duplicate_kid`, and `normal` again."""
        return await self._post("keys", {"action": action, **rest})

    async def registrations(self, **change: object) -> Any:
        """Change or add a registration: `registrations(client_id=…, add_redirect_uris=[…])`."""
        return await self._post("registrations", change)

    async def people(self, person: str, **change: object) -> Any:
        """Change, add or remove a person: `people("alice", disabled=True)`, `people("bob", revoke_sessions=True)`."""
        return await self._post("people", {"person": person, **change})

    async def clock(self, **order: object) -> Any:
        """`clock(advance=3600)`, `clock(set=1_790_000_000, frozen=True)`, `clock(offset=0, frozen=False)`."""
        return await self._post("clock", order)

    async def federated_token(self, subject: str, **rest: object) -> str:
        """A token of the built-in issuer `{base_url}/_federated`: `federated_token("a:b", lifetime=-600)`."""
        return cast(str, (await self._post("federated_tokens", {"subject": subject, **rest}))["token"])

    async def requests(self) -> list[dict[str, Any]]:
        """What was received since the last reset, oldest first, secrets masked."""
        return cast(list[dict[str, Any]], (await self._read())["requests"])

    async def counters(self) -> dict[str, int]:
        """How often each endpoint was asked since the last reset: `authorize`, `token`, `discovery`, `keys`, …"""
        return cast(dict[str, int], (await self._read())["counters"])

    async def reset(self) -> None:
        """Back to the first state, except for the signing keys."""
        await self._post("reset", {})

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock ahead."""
        self.emulator.clock.offset += seconds

    async def _read(self) -> Any:
        async with self._http.get(f"{self.base_url}/_control/requests") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def _post(self, name: str, order: object) -> Any:
        async with self._http.post(f"{self.base_url}/_control/{name}", json=order) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


_KEYS: dict[KeyName, SigningKey] = {}


async def _shared_keys() -> dict[KeyName, SigningKey]:
    if not _KEYS:
        keys = Keys(Clock())
        await keys.ready()
        keys.named(KeyName.STRANGER)
        _KEYS.update(keys.in_force())
    return _KEYS


@asynccontextmanager
async def running_microsoft(
    *, port: int = 0, redirect_uris: Sequence[str] = (), own_keys: bool = False, fixed_base: bool = True
) -> AsyncIterator[MicrosoftPeer]:
    """An emulator with control, until the block ends.

    `port` brings a stopped one back under its old address. All emulators of one test process begin with the same
    signing keys, which take a third of a second to make; with `own_keys` this one makes its own, as a real one does.
    Without `fixed_base` its URLs and issuers begin with whatever host a request names.
    """
    listener = loopback_socket(port)
    base_url = f"http://localhost:{port_of(listener)}"
    app = create_app(base_url=base_url if fixed_base else None, control=True, redirect_uris=redirect_uris)
    emulator: Emulator = app.state.emulator
    if not own_keys:
        emulator.keys.adopt(await _shared_keys())
    async with serving(app, listener, lifespan=True), aiohttp.ClientSession() as http:
        yield MicrosoftPeer(base_url, emulator, http)


@asynccontextmanager
async def running_cloud(beside: MicrosoftPeer, cloud: Cloud) -> AsyncIterator[MicrosoftPeer]:
    """Another cloud of this emulator, on a port of its own, with the same people, keys and control."""
    listener = loopback_socket()
    base_url = f"http://localhost:{port_of(listener)}"
    app = create_app(base_url=base_url, control=True, cloud=cloud, beside=beside.emulator)
    async with serving(app, listener, lifespan=True), aiohttp.ClientSession() as http:
        yield MicrosoftPeer(base_url, beside.emulator, http)


@pytest.fixture
async def microsoft_emulator() -> AsyncIterator[MicrosoftPeer]:
    """An emulator of this test's own."""
    async with running_microsoft() as peer:
        yield peer
