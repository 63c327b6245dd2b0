"""The directories that `tenants.allow` and `tenants.deny` name by a domain, as GUIDs.

A token carries the GUID only. A domain is looked up once, when the first person signs in, and its GUID is kept: who
takes over a lapsed domain does not take over its place in the list. While a name cannot be resolved nobody passes,
since nobody can say whether they are on the list.
"""

import asyncio
from collections.abc import Iterable

from broker.errors import ProviderDenied, UpstreamUnavailable
from broker.net.client import OutboundClient
from broker.providers.microsoft.clouds import Cloud
from broker.providers.microsoft.documents import TenantDocuments
from broker.providers.microsoft.policy import TenantPolicy
from broker.providers.microsoft.token import GUID


class Directories:
    """Turns the operator's lists into a policy of GUIDs."""

    def __init__(self, *, policy: TenantPolicy, cloud: Cloud, client: OutboundClient) -> None:
        """`policy` as configured: its lists may hold domains."""
        self._policy = policy
        self._cloud = cloud
        self._client = client
        self._lock = asyncio.Lock()
        self._guids: dict[str, str] = {}
        names = policy.allow | policy.deny
        self._domains = frozenset(name for name in names if GUID.fullmatch(name) is None)
        self._resolved = policy if not self._domains else None

    async def policy(self) -> TenantPolicy:
        """The policy, all GUIDs. Raises `UpstreamUnavailable`, or `ProviderDenied` for a domain without directory."""
        if self._resolved is None:
            async with self._lock:
                for domain in sorted(self._domains - self._guids.keys()):
                    self._guids[domain] = await self._look_up(domain)
            self._resolved = TenantPolicy(
                allow=self._as_guids(self._policy.allow),
                deny=self._as_guids(self._policy.deny),
                personal=self._policy.admits_personal,
                guests=self._policy.guests,
            )
        return self._resolved

    async def _look_up(self, domain: str) -> str:
        documents = TenantDocuments(cloud=self._cloud, tenant=domain)
        answer = await self._client.get(documents.url, kind="discovery")
        if answer.status in (400, 404):
            raise ProviderDenied(f"tenants: no directory has the domain {domain}", code="provider_misconfigured")
        if answer.status != 200:
            raise UpstreamUnavailable(f"tenants: looking up {domain}: HTTP {answer.status}")
        documents.read(answer.body)
        return documents.tenant

    def _as_guids(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(self._guids.get(name, name) for name in names)
