"""Posts to URLs that other people chose: webhooks. What it must not become is a way into the operator's network.

`net/post_targets` says where they may go. It is asked of the very address that is connected to, so that a DNS answer
which changes in between changes nothing. Redirects are not followed, nothing is sent twice, and of the answer only the
beginning is read.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from broker.errors import UpstreamUnavailable
from broker.models.webhooks import Message, Posted
from broker.net.addresses import AddressRefused
from broker.net.post_targets import Network, PostTargets

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MOST_ANSWER_BYTES = 16 * 1024
_REST_SECONDS = 1.0
_LOOK_UPS = 8
_NOT_ALLOWED = "address not allowed"


class Poster:
    """HTTP to anybody. Opens with the first post, closed once."""

    def __init__(self, *, networks: Sequence[Network] = (), total_seconds: float = TOTAL_SECONDS) -> None:
        """`networks`: the private ones that may be reached, by plain http too."""
        self.targets = PostTargets(networks=networks)
        self._total_seconds = total_seconds
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._resolvers: list[_NarrowResolver] = []

    async def post(self, url: str, message: Message) -> Posted:
        """Send it once, within 10 seconds. Raises `UpstreamUnavailable` with a word as `reason`, never the URL."""
        if self.targets.complaint_about(url) is not None:
            raise UpstreamUnavailable("webhook", reason=_NOT_ALLOWED)
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._exchange(urlsplit(url).scheme, url, message)
        except TimeoutError:
            raise UpstreamUnavailable("webhook", reason="no answer in time") from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError):
            raise UpstreamUnavailable("webhook", reason="no TLS that we trust") from None
        except aiohttp.ClientConnectorError as error:
            reason = _NOT_ALLOWED if isinstance(error.os_error, AddressRefused) else "no connection"
            raise UpstreamUnavailable("webhook", reason=reason) from None
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamUnavailable("webhook", reason=type(error).__name__) from None

    async def close(self) -> None:
        """Close the pools."""
        for session in self._sessions.values():
            await session.close()
        for resolver in self._resolvers:
            await resolver.close()
        self._sessions.clear()
        self._resolvers.clear()

    async def _exchange(self, scheme: str, url: str, message: Message) -> Posted:
        session = self._opened(scheme)
        async with session.post(url, data=message.body, headers=message.headers, allow_redirects=False) as response:
            posted = Posted(status=response.status, retry_after=_seconds(response.headers.get("retry-after", "")))
            # The status is all that we want. A short rest is read, so that the connection can serve again.
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(_REST_SECONDS):
                    await _read_some(response)
            return posted

    def _opened(self, scheme: str) -> aiohttp.ClientSession:
        found = self._sessions.get(scheme)
        if found is None:
            resolver = _NarrowResolver(self.targets, plain=scheme == "http")
            self._resolvers.append(resolver)
            found = self._sessions[scheme] = aiohttp.ClientSession(
                # Without a limit of its own: whoever posts has one, and here nobody shall wait behind a slow one.
                connector=aiohttp.TCPConnector(resolver=resolver, limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._total_seconds, sock_connect=CONNECT_SECONDS),
                headers={"user-agent": "identity-broker", "accept-encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
            )
        return found


class _NarrowResolver(AbstractResolver):
    """The system's resolver, minus every address that may not be reached.

    On threads of its own: those that everybody shares must not all wait for the name servers of somebody's webhooks.
    """

    def __init__(self, targets: PostTargets, *, plain: bool) -> None:
        self._targets = targets
        self._plain = plain
        self._threads = ThreadPoolExecutor(_LOOK_UPS, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        allowed = [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, where in found
            if self._targets.may_reach(str(where[0]), plain=self._plain)
        ]
        if found and not allowed:
            raise AddressRefused("resolves to an address that may not be reached")
        return allowed

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _read_some(response: aiohttp.ClientResponse) -> None:
    """Read the rest if it is short. What is left unread closes the connection."""
    left = MOST_ANSWER_BYTES
    while left > 0 and not response.content.at_eof():
        left -= len(await response.content.read(left))
    if not response.content.at_eof():
        response.close()


def _seconds(retry_after: str) -> int | None:
    text = retry_after.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
