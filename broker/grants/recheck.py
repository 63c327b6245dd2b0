"""Ask the provider again about people who are signed in: by renewing their grant, which it refuses for whom it let go.

Rounds go every minute. A person is asked about when a quarter of the time is left, as long as few are, so that those
who signed in at one hour are not all due at another; and in any case when the time is over. What a refusal ends is
`asking`'s. Source: Microsoft has no other way to tell us that an account was disabled.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final

from broker.clock import Clock
from broker.errors import BrokerError
from broker.grants.renewal import Renewal
from broker.providers.base import KeepsTokens, Provider
from broker.store import provider_tokens as rows
from broker.store.base import Store

ROUND_SECONDS: Final = 60
AT_ONCE: Final = 4
_MOST_IN_A_ROUND: Final = 2000
_EARLY_IN_A_ROUND: Final = 20


class Recheck:
    """All providers that are to be asked again."""

    def __init__(self, *, store: Store, renewal: Renewal, clock: Clock, providers: Mapping[str, Provider]) -> None:
        self._store = store
        self._renewal = renewal
        self._clock = clock
        self._providers = providers

    async def round(self) -> int:
        """Ask about whoever is due now; answers about how many. Raises `StoreUnavailable`."""
        asked = 0
        for provider in self._providers.values():
            if isinstance(provider, KeepsTokens) and provider.keeping.recheck is not None:
                registration = rows.Registration(
                    provider=provider.id,
                    provider_client_id=provider.provider_client_id,
                    emulator=provider.emulator,
                    subject_prefix=provider.subject_prefix,
                )
                asked += await self._round_of(registration, provider.keeping.recheck)
        return asked

    async def _round_of(self, registration: rows.Registration, every: int) -> int:
        now = self._clock.now()
        early_before = now - every * 3 // 4
        async with self._store.read() as connection:
            overdue = await rows.due_identities(
                connection, registration, checked_before=now - every, now=now, limit=_MOST_IN_A_ROUND
            )
            early = await rows.due_identities(
                connection, registration, checked_before=early_before, now=now, limit=_EARLY_IN_A_ROUND
            )
        due = tuple(dict.fromkeys((*overdue, *early)))
        waiting = iter(due)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(due))):
                group.create_task(self._ask_in_turn(waiting, checked_before=early_before))
        return len(due)

    async def _ask_in_turn(self, waiting: Iterator[str], *, checked_before: int) -> None:
        """Until nobody is left, or the provider cannot be asked: then the rest wait for another round."""
        for identity_id in waiting:
            try:
                grant = await self._renewal.ask_again(identity_id, checked_before=checked_before)
            except BrokerError:
                continue  # it went meanwhile, or another replica asks still; whoever asked said why in the log
            if grant.failure in ("temporarily_unavailable", "provider_misconfigured"):
                return
