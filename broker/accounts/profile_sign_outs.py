"""A sign-out at the provider that an application was given leave for: once, whichever replica is asked.

What is given leave for travels in a signed token; here it is only remembered that it was used. It lies among consumed
states, which are as short-lived, under a hash that no state can have.
"""

from broker.clock import Clock
from broker.crypto import token_hash
from broker.errors import NotFound
from broker.store import signins
from broker.store.base import Store

LEAVE_SECONDS = 300
_LEEWAY = 60


class ProfileSignOuts:
    """The sign-outs that were used."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def use(self, once: str) -> None:
        """Use it up, by what makes it this one. Raises `NotFound` for one that was used, `StoreUnavailable`."""
        now = self._clock.now()
        async with self._store.transaction() as connection:
            is_first = await signins.consume_state(
                connection, token_hash(f"sign-out {once}"), now=now, expires_at=now + LEAVE_SECONDS + _LEEWAY
            )
        if not is_first:
            raise NotFound("the sign-out was used before")
