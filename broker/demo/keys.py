"""The broker's public keys, fetched when needed and kept.

PyJWT's own `PyJWKClient` blocks the event loop while it fetches, hence these few lines. The broker publishes a new key
at least 15 minutes before it signs with it (RFC 7517 sets, `max-age=300`), so a copy of five minutes never lags behind.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import jwt

FRESH_SECONDS = 300
# A token may name any `kid` it likes: without a limit, strangers could make us ask the broker once for each request.
COOL_DOWN_SECONDS = 60
RETRY_SECONDS = 5
# While the broker is down the copy goes on serving, but not for ever: a key may have been withdrawn meanwhile.
KEEP_SECONDS = 3600


class BrokerUnreachable(Exception):
    """The broker did not answer, or not with what we asked for. Nobody is signed out by this: it is a 503."""


class BrokerKeys:
    """The key set of one broker, by `kid`. `clock` counts seconds from any point in the past."""

    def __init__(self, *, http: aiohttp.ClientSession, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = float("-inf")
        self._not_before = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def find(self, unverified_kid: str) -> jwt.PyJWK | None:
        """The key of that name, `None` when the broker has none. Raises BrokerUnreachable without a usable copy.

        Whoever asks for a key that we have waits for nobody: not for the fetch that a stranger's invented `kid` began,
        and not for one that another request waits for while the broker hangs.
        """
        age = self._clock() - self._fetched
        if unverified_kid in self._keys and age <= (KEEP_SECONDS if self._one_at_a_time.locked() else FRESH_SECONDS):
            return self._keys[unverified_kid]
        async with self._one_at_a_time:
            now = self._clock()
            age = now - self._fetched
            wanted = age > FRESH_SECONDS or (unverified_kid not in self._keys and age > COOL_DOWN_SECONDS)
            if wanted and now >= self._not_before:
                await self._refresh()
            if self._clock() - self._fetched > KEEP_SECONDS:
                raise BrokerUnreachable("no keys")
            return self._keys.get(unverified_kid)

    async def _refresh(self) -> None:
        try:
            async with self._http.get(self._url, allow_redirects=False) as answer:
                answer.raise_for_status()
                body = await answer.json()
            self._keys = _read(body)
        except (aiohttp.ClientError, TimeoutError, ValueError, jwt.PyJWTError):
            return  # what we have serves until it is too old
        finally:
            self._not_before = self._clock() + RETRY_SECONDS
        self._fetched = self._clock()


def _read(body: Any) -> dict[str, jwt.PyJWK]:
    """The RSA keys for signatures in a key set; a key of another kind is not ours to use and is passed over."""
    entries = body.get("keys") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a key set")  # noqa: TRY004 -- it is the broker's answer that is wrong, not our types
    keys = {}
    for entry in entries:
        if isinstance(entry, dict) and entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig":
            kid = entry.get("kid")
            if isinstance(kid, str):
                keys[kid] = jwt.PyJWK(entry, algorithm="RS256")
    return keys
