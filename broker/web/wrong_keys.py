"""API keys of applications that are not right: so many a minute from one client address, then it waits.

A key that was right from the same address within the hour is served on: programs of many owners share the addresses of
their hosts, and one of them must not be able to lock the others out. Any other key waits with the wrong ones, so that
nobody learns from an answer whether the last guess was right. What runs on this machine is exempt, as from all limits.
"""

from collections import OrderedDict
from math import ceil
from typing import Final

from starlette.types import Scope

from broker.clock import Clock
from broker.crypto import token_hash
from broker.errors import RateLimited
from broker.web.middleware.peers import counted_client

MOST_A_MINUTE: Final = 30
KNOWN_SECONDS: Final = 3600
MOST_CLIENTS: Final = 50_000
"""Some 10 MB; beyond it the ones that were first are forgotten."""
_MINUTE: Final = 60.0


class WrongKeys:
    """What was tried of late, in this process; it outlives a reload."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], float] = OrderedDict()

    def weigh(self, scope: Scope, unverified_key: str, *, is_right: bool) -> bool:
        """Take note of a key that was tried; answers whether it is the last wrong one for now, which is an alarm.

        Raises `RateLimited`: after too many wrong ones, right or not.
        """
        client = counted_client(scope)
        if client is None:
            return False
        now, key = self._clock.monotonic(), (client, token_hash(unverified_key))
        if is_right and now - self._known.get(key, float("-inf")) <= KNOWN_SECONDS:
            return self._remember(key, now)
        ends, count = self._wrong.get(client, (0.0, 0))
        if now >= ends:
            self._wrong.pop(client, None)
            ends, count = now + _MINUTE, 0
        if count >= MOST_A_MINUTE:
            raise RateLimited("too many wrong API keys from this address", retry_after=max(1, ceil(ends - now)))
        if is_right:
            return self._remember(key, now)
        self._wrong[client] = (ends, count + 1)
        _cut(self._wrong)
        return count + 1 == MOST_A_MINUTE

    def _remember(self, key: tuple[str, str], now: float) -> bool:
        self._known[key] = now
        self._known.move_to_end(key)
        _cut(self._known)
        return False


def _cut(kept: OrderedDict[str, tuple[float, int]] | OrderedDict[tuple[str, str], float]) -> None:
    if len(kept) > MOST_CLIENTS:
        kept.popitem(last=False)
