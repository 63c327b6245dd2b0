"""The other parties of the conformance suite, all alike from outside: a section for us, a person to sign in, faults.

`emulator`: Microsoft's provider at the emulator. `emulator_oidc`: the generic one at the emulator, one directory of
which is a plain OpenID Provider. `peer_oidc`, `peer_userinfo`, `peer_oauth2`: the generic ones at a neutral peer.
"""

import base64
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from broker.models.identities import ProviderIdentity
from broker.models.signins import AuthorizationRequest
from broker.providers.base import Provider
from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer, running_microsoft
from tests.peers.oidc import CLIENT_ID, CLIENT_SECRET, DISCOVERY, OidcPeer, running_oidc_peer
from tests.peers.raw_http import Reply
from tests.providers.stage import a_grant, a_request, browse, microsoft_section

ALDER = "a1de0000-0000-4000-8000-000000000001"
BOMB = gzip.compress(bytes(50 * 1024 * 1024))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong once at one endpoint."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: int | None = None
    drop: bool = False
    slow: bool = False


FAULTS = {
    "an error page": Fault(status=500, body=b"<html>oops</html>", content_type="text/html"),
    "unavailable": Fault(status=503, body=b""),
    "throttled": Fault(
        status=429, body=b"Too Many Requests", content_type="text/plain", headers=(("Retry-After", "60"),)
    ),
    "a redirect": Fault(status=302, headers=(("Location", "http://localhost:1/elsewhere"),)),
    "no answer": Fault(drop=True),
    "half an answer": Fault(body=b'{"access_token": "a long one"}', cut=10),
    "a bomb": Fault(body=BOMB, headers=(("Content-Encoding", "gzip"),)),
    "slow": Fault(slow=True),
    "a page": Fault(body=b"<html>sign in to the hotel</html>", content_type="text/html"),
}


class Party(Protocol):
    """Who answers a provider of ours."""

    @property
    def section(self) -> dict[str, Any]: ...

    @property
    def issuer(self) -> str: ...

    async def code_for(self, url: str) -> str:
        """What the person does at the provider."""
        ...

    async def fault(self, endpoint: str, fault: Fault) -> None: ...

    async def count(self, endpoint: str) -> int: ...


class Emulator:
    """The Microsoft emulator; `generic` has it spoken to by the generic provider."""

    def __init__(self, peer: MicrosoftPeer, *, generic: bool) -> None:
        self.peer = peer
        self._generic = generic

    @property
    def issuer(self) -> str:
        return f"{self.peer.base_url}/{ALDER}/v2.0"

    @property
    def section(self) -> dict[str, Any]:
        if not self._generic:
            return microsoft_section(self.peer.base_url)
        return {
            "custom_providers": {
                "alder": {
                    "enabled": True,
                    "display_name": "Alder",
                    "client_id": FIRST_CLIENT,
                    "secret": SECRET,
                    "issuer": self.issuer,
                    "use_discovery": True,
                    "callback": "shared",
                    "attribute_mapping": {"email": "upn"},
                }
            }
        }

    async def code_for(self, url: str) -> str:
        answer = await browse(url)
        assert answer.code is not None, answer.error
        return answer.code

    async def fault(self, endpoint: str, fault: Fault) -> None:
        order: dict[str, object] = {"reset": True} if fault.drop else {"delay": 1.0}
        if not fault.drop and not fault.slow:
            order = {
                "status": fault.status,
                "body_base64": base64.b64encode(fault.body).decode(),
                "content_type": fault.content_type,
                "headers": dict(fault.headers),
                "truncate": fault.cut,
            }
        await self.peer.fault(endpoint, **order)

    async def count(self, endpoint: str) -> int:
        return (await self.peer.counters()).get(endpoint, 0)


class Peer:
    """The neutral peer, as the section describes it."""

    def __init__(self, peer: OidcPeer, **members: Any) -> None:
        self.peer = peer
        self._members = members

    @property
    def issuer(self) -> str:
        return self.peer.issuer

    @property
    def section(self) -> dict[str, Any]:
        return {"custom_providers": {"peer": peer_section(self.peer, **self._members)}}

    async def code_for(self, url: str) -> str:
        return self.peer.sign_in(url)

    async def fault(self, endpoint: str, fault: Fault) -> None:
        headers = dict(fault.headers)
        self.peer.fault(
            _PATHS[endpoint],
            Reply(
                status=fault.status,
                body=fault.body,
                content_type=fault.content_type,
                headers=headers,
                cut=fault.cut,
                drop=fault.drop,
                hang=fault.slow,
            ),
        )

    async def count(self, endpoint: str) -> int:
        return self.peer.count(_PATHS[endpoint])


_PATHS = {"discovery": DISCOVERY, "keys": "/keys", "token": "/token", "userinfo": "/userinfo"}


def peer_section(peer: OidcPeer, **members: Any) -> dict[str, Any]:
    """The neutral peer as an operator would write it down."""
    return {
        "enabled": True,
        "display_name": "Peer",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "issuer": peer.issuer,
        "use_discovery": True,
    } | members


def oauth2_members(peer: OidcPeer) -> dict[str, Any]:
    """What is written down of a provider without discovery."""
    return {
        "use_discovery": False,
        "claims_from": "userinfo",
        "authorization_endpoint": f"{peer.base_url}/authorize",
        "token_endpoint": f"{peer.base_url}/token",
        "userinfo_endpoint": f"{peer.base_url}/userinfo",
    }


@asynccontextmanager
async def emulator() -> AsyncIterator[Party]:
    async with running_microsoft() as peer:
        yield Emulator(peer, generic=False)


@asynccontextmanager
async def emulator_oidc() -> AsyncIterator[Party]:
    async with running_microsoft() as peer:
        yield Emulator(peer, generic=True)


@asynccontextmanager
async def peer_oidc() -> AsyncIterator[Party]:
    async with running_oidc_peer() as peer:
        yield Peer(peer)


@asynccontextmanager
async def peer_userinfo() -> AsyncIterator[Party]:
    async with running_oidc_peer() as peer:
        yield Peer(peer, claims_from="userinfo")


@asynccontextmanager
async def peer_oauth2() -> AsyncIterator[Party]:
    async with running_oidc_peer() as peer:
        yield Peer(peer, **oauth2_members(peer))


ENDPOINTS: dict[Callable[[], AbstractAsyncContextManager[Party]], tuple[str, ...]] = {
    emulator: ("discovery", "keys", "token"),
    emulator_oidc: ("discovery", "keys", "token"),
    peer_oidc: ("discovery", "keys", "token"),
    peer_userinfo: ("discovery", "keys", "token", "userinfo"),
    peer_oauth2: ("token", "userinfo"),
}
"""Every party, with the endpoints that a sign-in there needs."""


async def begin(provider: Provider, party: Party, **options: Any) -> tuple[AuthorizationRequest, str]:
    """Start a sign-in as far as the callback: the request and the code."""
    request = a_request(login_hint="auto:alice", **options)
    return request, await party.code_for(await provider.authorization_url(request))


async def sign_in(provider: Provider, party: Party) -> ProviderIdentity:
    """The whole of a sign-in."""
    request, code = await begin(provider, party)
    return await provider.identify(a_grant(request, code))
