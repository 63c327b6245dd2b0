"""The directories that `tenants.allow` and `tenants.deny` name by a domain, as GUIDs.

A token carries the GUID only. A domain is looked up when the first person signs in, and its GUID is kept: who takes
over a lapsed domain does not take over its place in the list. While a name cannot be resolved nobody passes, since
nobody can say whether they are on the list. Now and then it is looked up again, for the operator to hear of a change;
until they accept it, `allow` means the directory of before, and `deny` both.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from broker.clock import Clock
from broker.errors import BrokerError, ProviderDenied, UpstreamUnavailable
from broker.net.client import OutboundClient
from broker.providers.microsoft.clouds import Cloud
from broker.providers.microsoft.documents import TenantDocuments
from broker.providers.microsoft.domains import Domains
from broker.providers.microsoft.policy import TenantPolicy
from broker.providers.microsoft.token import GUID

LOOK_AGAIN_SECONDS = 3600.0
PATIENCE = 2.0
"""Seconds that the sign-in during which it is looked up again waits for that."""


class Directories:
    """Turns the operator's lists into a policy of GUIDs."""

    def __init__(
        self, *, policy: TenantPolicy, cloud: Cloud, client: OutboundClient, domains: Domains, clock: Clock
    ) -> None:
        """`policy` as configured: its lists may hold domains."""
        self._policy = replace(policy, personal=policy.admits_personal)
        self._cloud = cloud
        self._client = client
        self._domains = domains
        self._clock = clock
        self._lock = asyncio.Lock()
        self._looked_at: dict[str, float] = {}
        self._named_now: dict[str, str] = {}
        names = policy.allow | policy.deny
        self._names = sorted(name for name in names if GUID.fullmatch(name) is None)

    async def policy(self) -> TenantPolicy:
        """The policy, all GUIDs. For a caller before whom somebody was proven.

        Raises `UpstreamUnavailable`, `StoreUnavailable`, or `ProviderDenied` for a domain without directory.
        """
        if not self._names:
            return self._policy
        guids = {domain: await self._guid_of(domain) for domain in self._names}
        deny = _as_guids(self._policy.deny, guids) | _as_guids(self._policy.deny, guids | self._named_now)
        return replace(self._policy, allow=_as_guids(self._policy.allow, guids), deny=deny)

    async def _guid_of(self, domain: str) -> str:
        kept = await self._domains.kept(domain)
        if kept is None:
            async with self._lock:
                kept = await self._domains.kept(domain)
                if kept is None:
                    kept = await self._domains.keep(domain, await self._look_up(domain))
        await self._look_again(domain, kept)
        return kept

    async def _look_again(self, domain: str, kept: str) -> None:
        """What it stands for is known; this is for the operator, and stops nobody."""
        now = self._clock.monotonic()
        if now - self._looked_at.get(domain, now - LOOK_AGAIN_SECONDS) < LOOK_AGAIN_SECONDS:
            return
        self._looked_at[domain] = now
        try:
            async with asyncio.timeout(PATIENCE):
                named = await self._look_up(domain)
            self._named_now[domain] = named
            if named != kept and await self._domains.is_other(domain, named):
                await self._domains.note_change(domain, named)
        except (BrokerError, TimeoutError):
            return  # asked again in an hour, and by every replica

    async def _look_up(self, domain: str) -> str:
        self._looked_at[domain] = self._clock.monotonic()
        documents = TenantDocuments(cloud=self._cloud, tenant=domain)
        answer = await self._client.get(documents.url, kind="discovery")
        if answer.status in (400, 404):
            raise ProviderDenied(
                f"tenants: no directory has the domain {domain}",
                code="provider_misconfigured",
                remedy="tenants.allow and tenants.deny: a domain of the directory, or its tenant ID",
            )
        if answer.status != 200:
            raise UpstreamUnavailable(f"tenants: looking up {domain}: HTTP {answer.status}")
        documents.read(answer.body)
        return documents.tenant


def _as_guids(names: Iterable[str], guids: dict[str, str]) -> frozenset[str]:
    return frozenset(guids.get(name, name) for name in names)
