"""A fresh access token: the kept one while it lasts, otherwise asked for once for everybody who waits for it.

Within a process all who need the same one share a task. Across replicas a lease in the row says who asks; the others
look at the row again, holding no connection meanwhile, until it has an answer newer than the one that they began with.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Literal

from broker.clock import Clock
from broker.crypto import opaque_token
from broker.errors import ProviderTokenRefused, SealBroken
from broker.grants.asking import LONGEST_ASKING, Asking
from broker.grants.vault import Vault
from broker.models.provider_tokens import IS_OVER, FreshToken, KeptGrant
from broker.providers.base import KeepsTokens, Provider
from broker.store import provider_tokens as rows
from broker.store.base import Store

MARGIN_SECONDS: Final = 300
"""A token that lives longer than this is handed out as it is."""
LEASE_SECONDS: Final = int(LONGEST_ASKING) + 5
POLL_SECONDS: Final = 0.1
_MOST_POLLS: Final = 120
_Errand = tuple[Literal["read", "recheck"], str]
"""What for, and the identity: those who ask about a person are content with less than those who need a token."""


class Renewal:
    """The tokens of all identities. Providers are those in force: a former one's registration renews nothing."""

    def __init__(
        self, *, store: Store, vault: Vault, clock: Clock, asking: Asking, providers: Mapping[str, Provider]
    ) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._asking = asking
        self._providers = providers
        self._under_way: dict[_Errand, asyncio.Task[KeptGrant]] = {}

    async def fresh(self, grant: KeptGrant) -> tuple[KeptGrant, FreshToken]:
        """A token that can be used, and the row that it is of.

        Raises `ProviderTokenRefused` with the reason, `StoreUnavailable`.
        """
        self.provider_of(grant)
        self._raise_remembered(grant)
        if self._is_wanted(grant):
            grant = await self._once(("read", grant.identity_id), self._is_wanted)
            self._raise_remembered(grant)
        if grant.access_expires_at <= self._clock.now():
            code = "temporarily_unavailable" if grant.renewable else "not_kept"
            raise ProviderTokenRefused("the access token has expired, and none took its place", code=code)
        try:
            tokens = self._vault.opened(grant)
        except SealBroken as error:
            raise ProviderTokenRefused(f"the kept tokens cannot be opened: {error.detail}") from error
        return grant, FreshToken(
            access_token=tokens.access_token, scopes=grant.scopes, expires_at=grant.access_expires_at
        )

    async def ask_again(self, identity_id: str, *, checked_before: int) -> KeptGrant:
        """Ask about somebody of whom nothing was heard since then, whatever tokens are there; answers what is known.

        Raises `ProviderTokenRefused`, `StoreUnavailable`.
        """
        return await self._once(
            ("recheck", identity_id),
            lambda grant: self._is_unheard_of(grant, checked_before),
        )

    def provider_of(self, grant: KeptGrant) -> KeepsTokens:
        """Who renews it. Raises `ProviderTokenRefused` where another registration, cloud or an emulator issued it."""
        provider = self._providers.get(grant.provider)
        if provider is None or not isinstance(provider, KeepsTokens) or not provider.keeping:
            raise ProviderTokenRefused("this provider keeps no tokens")
        if (provider.provider_client_id, provider.emulator) != (grant.provider_client_id, grant.emulator):
            raise ProviderTokenRefused("they were issued to another registration")
        if not grant.subject_key.startswith(provider.subject_prefix):
            raise ProviderTokenRefused("they were issued by another authority")
        return provider

    async def _once(self, errand: _Errand, is_wanted: Callable[[KeptGrant], bool]) -> KeptGrant:
        """The work is a task of its own: whoever hangs up does not take the answer from the others."""
        task = self._under_way.get(errand)
        if task is None:
            task = asyncio.create_task(self._renewed(errand[1], is_wanted))
            self._under_way[errand] = task
            task.add_done_callback(lambda done: self._forget(errand, done))
        return await asyncio.shield(task)

    def _forget(self, errand: _Errand, done: asyncio.Task[KeptGrant]) -> None:
        del self._under_way[errand]
        if not done.cancelled():
            done.exception()  # whoever waits is told; if nobody waits any more, nobody has to be

    async def _renewed(self, identity_id: str, is_wanted: Callable[[KeptGrant], bool]) -> KeptGrant:
        began: int | None = None
        for _ in range(_MOST_POLLS):
            grant = await self._read(identity_id)
            began = grant.generation if began is None else began
            if grant.generation != began or not is_wanted(grant):
                return grant
            provider, lease = self.provider_of(grant), opaque_token()
            if await self._claim(grant, lease):
                await self._asking.ask(grant, provider, lease=lease)
            else:
                await asyncio.sleep(POLL_SECONDS)
        raise ProviderTokenRefused("another replica is asking still", code="temporarily_unavailable")

    async def _read(self, identity_id: str) -> KeptGrant:
        async with self._store.read() as connection:
            grant = await rows.kept_grant(connection, identity_id)
        if grant is None:
            raise ProviderTokenRefused("nothing is kept for this identity")
        return grant

    async def _claim(self, grant: KeptGrant, lease: str) -> bool:
        now = self._clock.now()
        if grant.lease_until > now:
            return False
        async with self._store.transaction() as connection:
            return await rows.claim_lease(
                connection,
                grant.identity_id,
                generation=grant.generation,
                lease=lease,
                now=now,
                until=now + LEASE_SECONDS,
            )

    def _is_wanted(self, grant: KeptGrant) -> bool:
        lasts = grant.access_expires_at - self._clock.now() > MARGIN_SECONDS and grant.failure not in IS_OVER
        return grant.renewable and not lasts and not self._is_held(grant)

    def _is_unheard_of(self, grant: KeptGrant, checked_before: int) -> bool:
        """And nobody asks at this moment: another replica's turn needs no waiting for."""
        is_asked = grant.lease_until > self._clock.now()
        return grant.renewable and grant.checked_at <= checked_before and not is_asked and not self._is_held(grant)

    def _is_held(self, grant: KeptGrant) -> bool:
        return grant.failure is not None and self._clock.now() < grant.retry_at

    def _raise_remembered(self, grant: KeptGrant) -> None:
        """What the provider said last, while it is not to be asked. A token that still lives serves to its end, unless
        the person may not have it any more.
        """
        now = self._clock.now()
        if grant.failure is None or not self._is_held(grant):
            return
        if grant.failure in IS_OVER or grant.access_expires_at <= now:
            raise ProviderTokenRefused(
                "as it was when the provider was last asked", code=grant.failure, retry_after=grant.retry_at - now
            )
