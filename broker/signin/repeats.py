"""One request in several tries: a code is good once, so a try whose answer got lost would sign somebody out.

What the first was answered is told again for a minute to the very same request: same application, same name that its
client gave it, same body, which holds code and proof. Only after the fact, and only good answers: nothing is written
for whoever has proven nothing. The store keeps them, since the next try may come to another replica.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from broker.clock import Clock
from broker.crypto import SecretKeys, token_hash
from broker.errors import GrantRefused, RateLimited, SealBroken, StoreUnavailable
from broker.store import remembered_answers as rows
from broker.store.base import Store
from broker.telemetry.logging import get_logger

REMEMBERED_SECONDS = 60
_PURPOSE = "remembered_answer"


async def _always(_answer: bytes) -> bool:
    return True


class Repeats:
    """The answers of this deployment that may be given twice."""

    def __init__(self, store: Store, secrets: SecretKeys, clock: Clock) -> None:
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._running: set[str] = set()

    async def answered(
        self,
        request: str,
        answer: Callable[[], Awaitable[bytes]],
        *,
        is_still_good: Callable[[bytes], Awaitable[bool]] = _always,
    ) -> bytes:
        """The answer, made now or made before. `request` is all that makes two tries one, secrets included.

        Raises what `answer` raises where there is no answer from before, or none that is still good, and `RateLimited`
        while the first try runs.
        """
        request_hash = token_hash(request)
        if request_hash in self._running:
            raise RateLimited("the first try of this request is still running", retry_after=1)
        self._running.add(request_hash)
        try:
            return await self._once(request_hash, answer, is_still_good)
        finally:
            self._running.discard(request_hash)

    async def _once(
        self,
        request_hash: str,
        answer: Callable[[], Awaitable[bytes]],
        is_still_good: Callable[[bytes], Awaitable[bool]],
    ) -> bytes:
        try:
            fresh = await answer()
        except GrantRefused:
            kept = await self._recalled(request_hash)
            if kept is None or not await is_still_good(kept):
                raise
            return kept
        await self._remember(request_hash, fresh)
        return fresh

    async def _recalled(self, request_hash: str) -> bytes | None:
        async with self._store.read() as connection:
            sealed = await rows.answer_to(connection, request_hash, now=self._clock.now())
        if sealed is None:
            return None
        with suppress(SealBroken):
            return self._secrets.open(sealed, purpose=_PURPOSE, place=_place(request_hash))
        return None

    async def _remember(self, request_hash: str, answer: bytes) -> None:
        """Whoever asked has an answer already: that it cannot be remembered takes nothing from it."""
        sealed = self._secrets.seal(answer, purpose=_PURPOSE, place=_place(request_hash))
        try:
            async with self._store.transaction() as connection:
                expires_at = self._clock.now() + REMEMBERED_SECONDS
                await rows.put_answer(connection, request_hash, sealed, expires_at=expires_at)
        except StoreUnavailable as error:
            get_logger().warning("an answer cannot be repeated", detail=error.detail)


def _place(request_hash: str) -> str:
    return f"remembered_answers:{request_hash}"
