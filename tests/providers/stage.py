"""A provider of ours and its other party on one stage: what a browser and the use cases would do, in a few lines."""

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from pydantic import TypeAdapter

from broker.config.sections.third_party import ThirdPartySection
from broker.crypto import opaque_token
from broker.models.identities import ProviderIdentity
from broker.models.signins import AuthorizationOptions, AuthorizationRequest, CodeGrant
from broker.net.client import OutboundClient
from broker.protocol.authorization import UnverifiedAuthorizationResponse, read_response
from broker.providers.base import Provider
from broker.providers.directory_memory import DirectoryMemory
from broker.providers.registry import Providers, build_providers

PUBLIC_URL = "http://localhost:8000"
_SECTION = TypeAdapter(ThirdPartySection)


class TestClock:
    """The machine's time for tokens, and a monotonic clock that can be pushed ahead for caches and cool-downs."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> int:
        return int(time.time())

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


@dataclass(kw_only=True)
class Watch:
    """What the observers were told."""

    calls: list[tuple[str, str, str]] = field(default_factory=list)
    stale: list[tuple[str, str]] = field(default_factory=list)
    credentials: list[tuple[str, str, str, str]] = field(default_factory=list)

    def call(self, *, provider: str, kind: str, seconds: float, outcome: str) -> None:
        assert seconds >= 0
        self.calls.append((provider, kind, outcome))

    def served_stale(self, *, provider: str, document: str, age: float, reason: str) -> None:
        assert age >= 0
        assert reason
        self.stale.append((provider, document))

    def credential(self, *, provider: str, credential: str, problem: str, detail: str) -> None:
        self.credentials.append((provider, credential, problem, detail))


class ImpatientClient(OutboundClient):
    """The client with its limits lowered, so that a test of a slow provider is not slow."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, connect_seconds=0.5, total_seconds=0.5)


@dataclass(kw_only=True)
class Stage:
    """The providers built from one section, with the clock and the observers they were given."""

    providers: Providers
    clock: TestClock
    watch: Watch

    @property
    def provider(self) -> Provider:
        (only,) = self.providers.values()
        return only


@asynccontextmanager
async def staged(
    section: dict[str, Any],
    *,
    emulator_url: str | None = None,
    impatient: bool = False,
    directories: DirectoryMemory | None = None,
) -> AsyncIterator[Stage]:
    """Providers from a section as the configuration holds it; Microsoft is off unless the section says otherwise."""
    section = {"error_redirect_url": "http://localhost:8888/"} | section
    section.setdefault("providers", {"microsoft": {"enabled": False}})
    clock, watch = TestClock(), Watch()
    providers = build_providers(
        _SECTION.validate_python(section),
        public_url=PUBLIC_URL,
        clock=clock,
        emulator_url=emulator_url,
        observe=watch.call,
        on_stale=watch.served_stale,
        on_credential=watch.credential,
        directories=directories,
        make_client=ImpatientClient if impatient else OutboundClient,
    )
    try:
        yield Stage(providers=providers, clock=clock, watch=watch)
    finally:
        await providers.close()


def microsoft_section(base_url: str, **members: Any) -> dict[str, Any]:
    """Microsoft as a custom cloud at this address, which is the emulator's."""
    registration = {
        "cloud": "custom",
        "authority": base_url,
        "client_id": "c11e0000-0000-4000-8000-00000000000c",
        "secret": "emulator-secret",
    }
    return {"providers": {"microsoft": registration | members}}


def a_request(**options: Any) -> AuthorizationRequest:
    return AuthorizationRequest(
        state=opaque_token(),
        nonce=opaque_token(),
        code_verifier=opaque_token(),
        options=AuthorizationOptions(**options),
    )


def a_grant(request: AuthorizationRequest, code: str, **members: Any) -> CodeGrant:
    granted = {
        "code": code,
        "nonce": request.nonce,
        "code_verifier": request.code_verifier,
        "max_age": request.options.max_age,
    }
    return CodeGrant(**(granted | members))


async def browse(url: str) -> UnverifiedAuthorizationResponse:
    """What a browser does with an authorization URL at the emulator: the answer that comes back to our callback."""
    async with aiohttp.ClientSession() as http, http.get(url, allow_redirects=False) as page:
        target = page.headers.get("location")
        assert target is not None, await page.text()
    assert target.startswith((PUBLIC_URL, "http://localhost:8000/"))
    return read_response(parse_qsl(urlsplit(target).query, keep_blank_values=True))


async def sign_in_at_microsoft(
    provider: Provider, person: str, *, options: dict[str, Any] | None = None, **granted: Any
) -> ProviderIdentity:
    """Start, browser, callback: who it is, or the refusal as an exception."""
    request = a_request(login_hint=f"auto:{person}", **(options or {}))
    answer = await browse(await provider.authorization_url(request))
    assert answer.state == request.state
    if answer.error is not None:
        raise provider.refusal(answer.error)
    assert answer.code is not None
    return await provider.identify(a_grant(request, answer.code, **granted))


def made_up() -> str:
    """Something that nobody knows."""
    return secrets.token_hex(8)
