"""The one outbound HTTP client, over aiohttp: one session, one connection pool, one TLS context for a provider's life.

It knows no OAuth. What it promises: connect within 3 s, the whole within 10 s, at most 1 MiB (also once unpacked), no
redirects, no cookies, no proxies from the environment, plain http to loopback only (and to the address that tells a
machine who it is), private addresses only where the configuration names the host. `net/circuit` says when a provider
is left alone, `net/addresses` who may be reached.
"""

import asyncio
import socket
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from broker.clock import Clock
from broker.errors import ConfigError, UpstreamUnavailable
from broker.net.addresses import AddressRefused, check_literal, is_loopback_host, is_public
from broker.net.circuit import Circuit

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MAX_BODY_BYTES = 1024 * 1024
_CHUNK_BYTES = 16 * 1024
_POOL_SIZE = 100
_MOST_CIRCUITS = 1_000
_DOWN_FOR_A_CODE = frozenset({502, 503, 504})
"""What says of a token endpoint that it is down. Its 500 may be the fault of the one code that somebody invented, and
whoever invents five of them must not stop everybody's sign-ins."""

Outcome = Literal["ok", "refused", "error", "timeout", "held"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: header names in lower case, the body unpacked. Its text appears in no `repr`."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class CallObserver(Protocol):
    """Told of every call, for metrics: `kind` is the endpoint, `seconds` how long it took."""

    def __call__(self, *, provider: str, kind: str, seconds: float, outcome: Outcome) -> None: ...


class OutboundClient:
    """HTTP to one upstream. Made once, closed once; the connection pool opens with the first request."""

    def __init__(
        self,
        *,
        provider: str,
        clock: Clock,
        named_hosts: frozenset[str] = frozenset(),
        plain_http_to: str | None = None,
        ca_file: str | None = None,
        observe: CallObserver | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """`named_hosts`: what configuration names, and so may be private. `ca_file` replaces the system's roots.

        `plain_http_to`: the one host beyond loopback that may be asked without TLS, private or not.
        """
        self._provider = provider
        self._clock = clock
        self._plain_http_to = plain_http_to.lower().strip("[]") if plain_http_to else None
        named = (*named_hosts, plain_http_to) if plain_http_to else named_hosts
        self._named_hosts = frozenset(host.lower().strip("[]") for host in named)
        # Read now: a file that cannot be read is a mistake of the configuration, not of somebody's sign-in.
        self._tls = _context(provider, ca_file) if ca_file else None
        self._observe = observe
        self._connect_seconds = connect_seconds
        self._total_seconds = total_seconds
        self._circuits: dict[str, Circuit] = {}
        self._circuits_of: dict[tuple[str, str], Circuit] = {}
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self,
        url: str,
        *,
        kind: str,
        headers: Mapping[str, str] | None = None,
        keep_redirects: bool = False,
        whose: str = "",
    ) -> Answer:
        """GET. `kind` names the endpoint for the circuit and the metrics. Raises `UpstreamUnavailable`.

        `whose`: on whose behalf, where one who is throttled or slow there shall not speak for the others.
        aiohttp asks once more where a connection broke before the answer: a kept one may have died of old age.
        """
        return await self.request("GET", url, kind=kind, headers=headers, keep_redirects=keep_redirects, whose=whose)

    async def post_form(self, url: str, body: str, *, kind: str, headers: Mapping[str, str] | None = None) -> Answer:
        """POST an encoded form, never a second time once a byte of it was sent. Raises `UpstreamUnavailable`."""
        form_headers = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self.request("POST", url, kind=kind, headers=form_headers, body=body.encode())

    async def request(
        self,
        method: str,
        url: str,
        *,
        kind: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        keep_redirects: bool = False,
        whose: str = "",
    ) -> Answer:
        """Ask once and answer with whatever status came, or raise `UpstreamUnavailable`.

        429 and redirects are raised here: neither has anything in it that a caller could use. `keep_redirects` is for
        whoever asks where a browser would be sent; followed they are never.
        """
        circuit = self._circuit(kind, whose)
        started = time.perf_counter()
        outcome: Outcome = "held"
        try:
            circuit.check()
            outcome = "error"
            self._check_url(url)
            answer = await self._ask(method, url, headers=headers, body=body)
            outcome = self._judge(circuit, answer, kind=kind)
        except TimeoutError as error:
            outcome = "timeout"
            circuit.failed()
            raise UpstreamUnavailable(f"{kind}: no answer in time") from error
        except (aiohttp.ClientError, OSError, zlib.error, _Oversized) as error:
            circuit.failed()
            raise UpstreamUnavailable(f"{kind}: {type(error).__name__}: {error}") from error
        finally:
            if self._observe is not None:
                seconds = time.perf_counter() - started
                self._observe(provider=self._provider, kind=kind, seconds=seconds, outcome=outcome)
        if keep_redirects and 300 <= answer.status < 400:
            return answer
        return self._usable(circuit, answer, kind=kind)

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _circuit(self, kind: str, whose: str) -> Circuit:
        if not whose:
            return self._circuits.setdefault(kind, Circuit(self._clock))
        if len(self._circuits_of) >= _MOST_CIRCUITS and (kind, whose) not in self._circuits_of:
            del self._circuits_of[next(iter(self._circuits_of))]
        return self._circuits_of.setdefault((kind, whose), Circuit(self._clock))

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise AddressRefused("not a URL") from error
        host = parts.hostname or ""
        in_the_open = is_loopback_host(host) or host == self._plain_http_to
        if parts.scheme != "https" and not (parts.scheme == "http" and in_the_open):
            raise AddressRefused("only https, and plain http to loopback")
        check_literal(host, named_hosts=self._named_hosts)

    async def _ask(self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None) -> Answer:
        async with asyncio.timeout(self._total_seconds):
            try:
                return await self._exchange(method, url, headers=headers, body=body)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
                # Nothing was sent, so this cannot redeem a code twice. Any later failure might have.
                return await self._exchange(method, url, headers=headers, body=body)

    async def _exchange(
        self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None
    ) -> Answer:
        async with self._opened().request(method, url, headers=headers, data=body, allow_redirects=False) as response:
            raw = await _read(response.content)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=names, body=_unpack(raw, names.get("content-encoding", "")))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=_POOL_SIZE,
                    ssl=self._tls if self._tls is not None else True,
                    resolver=_GuardedResolver(named_hosts=self._named_hosts),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._total_seconds, sock_connect=self._connect_seconds),
                # Compression saves nothing on answers this small, and unpacking is bounded below anyhow.
                headers={"user-agent": "identity-broker", "accept": "application/json", "accept-encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _judge(self, circuit: Circuit, answer: Answer, *, kind: str) -> Outcome:
        status, wait = answer.status, _seconds(answer.headers.get("retry-after", ""))
        if status >= 500 and wait is not None:
            # Who says when they are back is taken at their word: a cool-down would be a guess of ours beside it.
            circuit.hold(wait)
        elif status >= 500 and (kind != "token" or status in _DOWN_FOR_A_CODE):
            circuit.failed()
        elif status != 429:
            circuit.succeeded()
        return "ok" if status < 300 else "error" if status >= 500 else "refused"

    def _usable(self, circuit: Circuit, answer: Answer, *, kind: str) -> Answer:
        if answer.status == 429:
            wait = circuit.hold(_seconds(answer.headers.get("retry-after", "")))
            raise UpstreamUnavailable(f"{kind}: throttled, HTTP 429", retry_after=wait)
        if 300 <= answer.status < 400:
            raise UpstreamUnavailable(f"{kind}: HTTP {answer.status}, and redirects are not followed")
        return answer


class _GuardedResolver(AbstractResolver):
    """The system's resolver, minus private addresses of hosts that configuration does not name."""

    def __init__(self, *, named_hosts: frozenset[str]) -> None:
        self._named_hosts = named_hosts
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        if host.lower() in self._named_hosts:
            return found
        allowed = [result for result in found if is_public(result["host"])]
        if found and not allowed:
            raise AddressRefused(f"{host} resolves to a private address, and configuration does not name it")
        return allowed

    async def close(self) -> None:
        await self._system.close()


class _Oversized(Exception):
    """More bytes than any honest answer has."""


async def _read(stream: aiohttp.StreamReader) -> bytes:
    received = bytearray()
    async for chunk in stream.iter_chunked(_CHUNK_BYTES):
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise _Oversized(f"more than {MAX_BODY_BYTES} bytes")
    return bytes(received)


def _unpack(raw: bytes, encoding: str) -> bytes:
    """Undo gzip or deflate that nobody asked for, never making more than the cap (a bomb is 1,000 to 1)."""
    if encoding.strip().lower() in ("", "identity"):
        return raw
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise _Oversized(f"content encoding {encoding[:20]!r} was not asked for")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    unpacked = unpacker.decompress(raw, MAX_BODY_BYTES + 1)
    if len(unpacked) > MAX_BODY_BYTES:
        raise _Oversized(f"more than {MAX_BODY_BYTES} bytes once unpacked")
    if not unpacker.eof:
        raise _Oversized("a compressed body that ends early")
    return unpacked


def _seconds(retry_after: str) -> int | None:
    """Seconds of a `Retry-After`; its date form, which neither Microsoft nor MSAL use, counts as no wish."""
    text = retry_after.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _context(provider: str, ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the ca_file of {provider} holds no certificate that can be read: {ca_file}") from error
