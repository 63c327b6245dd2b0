"""What a provider publishes about itself, kept at hand: its discovery document and its keys.

Fetched when first needed, so that a start needs no provider. Fresh for an hour; then fetched again by whoever comes
first while the others wait for the same fetch. While the provider cannot be reached the last good copy serves for up
to a day. A fetched set replaces the old one whole: a key that vanished stops counting at once, since emergency removal
is the reason to vanish (Microsoft's documentation on signing-key rollover, OpenID Connect Core 10.1.1).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from broker.clock import Clock
from broker.crypto import request_id
from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.net.client import OutboundClient
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.jwks import KeySet, read_keys

FRESH_SECONDS = 3600.0
USABLE_SECONDS = 86_400.0
JITTER = 0.1
RETRY_SECONDS = 30.0
UNKNOWN_KID_SECONDS = 60.0

T = TypeVar("T")


class StaleObserver(Protocol):
    """Told when a fetch failed and the last good copy serves on; `age` in seconds."""

    def __call__(self, *, provider: str, document: str, age: float, reason: str) -> None: ...


def _spread() -> float:
    """A number between -1 and 1, so that replicas started together do not ask together."""
    return int(request_id()[:8], 16) / 0x7FFF_FFFF - 1.0


class Cached(Generic[T]):
    """One document: its last good copy, and at most one fetch under way."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[T]],
        *,
        clock: Clock,
        on_stale: Callable[[float, str], None] | None = None,
        spread: Callable[[], float] = _spread,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._on_stale = on_stale
        self._spread = spread
        self._value: T | None = None
        self._fetched_at = 0.0
        self._next_fetch = 0.0
        self._under_way: asyncio.Task[T] | None = None

    @property
    def fetching(self) -> bool:
        """Whether a fetch is under way."""
        return self._under_way is not None

    @property
    def last_good(self) -> T | None:
        """What was fetched last, whatever its age."""
        return self._value

    async def get(self) -> T:
        """The document, fetched if its time has come. Raises `UpstreamUnavailable` when there is no usable copy."""
        if self._value is not None and self._clock.monotonic() < self._next_fetch:
            return self._value
        try:
            return await self.refetch()
        except UpstreamUnavailable as error:
            return self._last_good(error)

    async def renewed(self, *, older_than: float) -> T:
        """The document, fetched now if the copy is older than that many seconds. Raises `UpstreamUnavailable`."""
        if self._value is not None and self._clock.monotonic() - self._fetched_at < older_than:
            return self._value
        return await self.refetch()

    async def refetch(self) -> T:
        """Fetch now, or wait for the fetch that is under way. Raises `UpstreamUnavailable`; the old copy stays."""
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._replace())
            self._under_way.add_done_callback(self._finished)
        # Shielded: the one whose browser went away must not take the fetch from those who wait.
        return await asyncio.shield(self._under_way)

    async def close(self) -> None:
        """Drop a fetch that is under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def _replace(self) -> T:
        value = await self._fetch()
        self._value = value
        self._fetched_at = self._clock.monotonic()
        self._next_fetch = self._fetched_at + FRESH_SECONDS * (1 + JITTER * self._spread())
        return value

    def _last_good(self, error: UpstreamUnavailable) -> T:
        now = self._clock.monotonic()
        age = now - self._fetched_at
        if self._value is None or age >= USABLE_SECONDS:
            raise error
        # The next sign-ins do not each wait for a provider that is known to be down.
        self._next_fetch = now + RETRY_SECONDS
        if self._on_stale is not None:
            self._on_stale(age, error.detail)
        return self._value

    def _finished(self, task: "asyncio.Task[T]") -> None:
        self._under_way = None
        if not task.cancelled():
            task.exception()  # read, or asyncio would report it where nobody waited any longer


class ProviderDocuments:
    """Metadata and keys of one provider."""

    def __init__(
        self,
        *,
        provider: str,
        client: OutboundClient,
        discovery_url: str,
        read: Callable[[bytes], ProviderMetadata],
        clock: Clock,
        on_stale: StaleObserver | None = None,
    ) -> None:
        """`read` turns the body of the discovery document into metadata, refusing what is not this provider's."""
        self._client = client
        self._discovery_url = discovery_url
        self._read = read
        self._clock = clock
        self._provider = provider
        self._on_stale = on_stale
        self._metadata = Cached(self._fetch_metadata, clock=clock, on_stale=self._stale("discovery"))
        self._keys = Cached(self._fetch_keys, clock=clock, on_stale=self._stale("keys"))
        self._unknown_kid_at: float | None = None

    @property
    def known_metadata(self) -> ProviderMetadata | None:
        """The last good metadata, if any was fetched in this process."""
        return self._metadata.last_good

    async def metadata(self) -> ProviderMetadata:
        """The metadata. Raises `UpstreamUnavailable`."""
        return await self._metadata.get()

    async def renewed_metadata(self, *, older_than: float) -> ProviderMetadata:
        """The metadata, for somebody who has reason to doubt a copy of that age. Raises `UpstreamUnavailable`."""
        return await self._metadata.renewed(older_than=older_than)

    async def keys_with(self, unverified_kid: str) -> KeySet:
        """The key set, holding a key of this name. Raises `TokenInvalid` (check `kid`) if the provider has none.

        An unknown name fetches the set again, at most once a minute whatever the name: invented ones must not turn
        us into a hammer. Raises `UpstreamUnavailable` when that fetch fails.
        """
        keys = await self._keys.get()
        # A fetch that is under way anyhow costs nothing more: it may be the one that brings this key.
        if keys.find(unverified_kid) is None and (self._keys.fetching or self._may_ask_for_unknown_kid()):
            keys = await self._keys.refetch()
        if keys.find(unverified_kid) is None:
            raise TokenInvalid("kid", "the provider publishes no usable key of this name")
        return keys

    async def close(self) -> None:
        """Drop fetches that are under way."""
        await self._metadata.close()
        await self._keys.close()

    def _may_ask_for_unknown_kid(self) -> bool:
        now = self._clock.monotonic()
        if self._unknown_kid_at is not None and now - self._unknown_kid_at < UNKNOWN_KID_SECONDS:
            return False
        self._unknown_kid_at = now
        return True

    async def _fetch_metadata(self) -> ProviderMetadata:
        answer = await self._client.get(self._discovery_url, kind="discovery")
        if answer.status != 200:
            raise UpstreamUnavailable(f"discovery: HTTP {answer.status}")
        return self._read(answer.body)

    async def _fetch_keys(self) -> KeySet:
        metadata = await self._metadata.get()
        answer = await self._client.get(metadata.jwks_uri, kind="keys")
        if answer.status != 200:
            raise UpstreamUnavailable(f"keys: HTTP {answer.status}")
        return read_keys(answer.body)

    def _stale(self, document: str) -> Callable[[float, str], None] | None:
        observe = self._on_stale
        if observe is None:
            return None
        return lambda age, reason: observe(provider=self._provider, document=document, age=age, reason=reason)
