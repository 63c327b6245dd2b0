"""Posts to URLs that other people chose: webhooks. What it must not become is a way into the operator's network.

https to public addresses; private ones, and plain http, only within the networks that configuration lists. Asked of the
very address that is connected to, so that a DNS answer which changes in between changes nothing. Redirects are not
followed, nothing is sent twice, and of the answer only the beginning is read.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from urllib.parse import SplitResult, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from broker.errors import UpstreamUnavailable
from broker.models.webhooks import Message, Posted
from broker.net.addresses import AddressRefused, check_literal, is_public

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MOST_ANSWER_BYTES = 16 * 1024
LONGEST_URL = 2048
_REST_SECONDS = 1.0
_LOOK_UPS = 8
_NOT_ALLOWED = "address not allowed"
_URL = re.compile(r"[!-~]+")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Poster:
    """HTTP to anybody. Opens with the first post, closed once."""

    def __init__(self, *, networks: Sequence[Network] = (), total_seconds: float = TOTAL_SECONDS) -> None:
        """`networks`: the private ones that may be reached, by plain http too."""
        self._networks = tuple(networks)
        self._total_seconds = total_seconds
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._resolvers: list[_NarrowResolver] = []

    def complaint_about(self, unverified_url: str) -> str | None:
        """Why this URL is never asked, as far as it can be told without a look-up; `None` if nothing is wrong."""
        try:
            _, host = _split(unverified_url)
            self._check_host(host, plain=unverified_url.lower().startswith("http:"))
        except ValueError as error:
            return str(error)
        except AddressRefused as error:
            return error.strerror or "is refused"
        return None

    async def post(self, url: str, message: Message) -> Posted:
        """Send it once, within 10 seconds. Raises `UpstreamUnavailable` with a word as `reason`, never the URL."""
        if self.complaint_about(url) is not None:
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

    def _check_host(self, host: str, *, plain: bool) -> None:
        """Refuse what is spelled as an address which may not be reached; no resolver will ever see it."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            check_literal(host, named_hosts=frozenset())
            if plain and not self._networks:
                raise AddressRefused("must be https") from None
            return
        if not _may_reach(str(address), self._networks, plain=plain):
            raise AddressRefused("must be https" if is_public(str(address)) else "is a private address")

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
            resolver = _NarrowResolver(networks=self._networks, plain=scheme == "http")
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

    def __init__(self, *, networks: Sequence[Network], plain: bool) -> None:
        self._networks = networks
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
            if _may_reach(str(where[0]), self._networks, plain=self._plain)
        ]
        if found and not allowed:
            raise AddressRefused("resolves to an address that may not be reached")
        return allowed

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _may_reach(address: str, networks: Sequence[Network], *, plain: bool) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    meant = inner or parsed
    if any(meant.version == network.version and meant in network for network in networks):
        return True
    return not plain and is_public(address)


def _split(url: str) -> tuple[SplitResult, str]:
    """The URL and its host without brackets. Raises `ValueError` for what is no plain absolute URL."""
    if len(url) > LONGEST_URL or not _URL.fullmatch(url) or "\\" in url:
        raise ValueError("must be a valid URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("must be a valid URL") from None
    host = parts.hostname or ""
    bracketed = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(bracketed) or port == 0:
        raise ValueError("must be a valid URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    return parts, host


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
