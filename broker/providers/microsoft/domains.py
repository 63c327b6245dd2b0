"""What a configured domain stands for: its directory's GUID, kept from the first person of it who proved themselves.

A domain can lapse and be registered by somebody else, who then owns a directory behind it. So the GUID counts, not the
name, and another one counts only once the operator said so (`broker doctor --accept`). Replicas agree by the store;
each looks there again within half a minute, and at once before it refuses anybody.
"""

from dataclasses import dataclass

from broker.clock import Clock
from broker.errors import ProviderDenied, StoreUnavailable
from broker.protocol.discovery import ProviderMetadata
from broker.providers.directory_memory import DirectoryMemory
from broker.providers.metadata import ProviderDocuments
from broker.providers.microsoft.documents import TenantDocuments

FOLLOW_SECONDS = 30.0
DOUBT_SECONDS = 30.0
PROVIDER = "microsoft"


@dataclass(frozen=True, kw_only=True)
class _Read:
    guid: str
    at: float


class Domains:
    """The domains of one cloud."""

    def __init__(self, *, cloud: str, memory: DirectoryMemory, clock: Clock) -> None:
        self._cloud = cloud
        self._memory = memory
        self._clock = clock
        self._read: dict[str, _Read] = {}

    async def kept(self, domain: str) -> str | None:
        """The GUID that counts, if one was ever kept. Raises `StoreUnavailable` where nobody can say."""
        known = self._read.get(domain)
        if known is not None and self._clock.monotonic() - known.at < FOLLOW_SECONDS:
            return known.guid
        try:
            return await self._read_again(domain)
        except StoreUnavailable:
            if known is None:
                raise
            return known.guid

    async def is_other(self, domain: str, guid: str) -> bool:
        """Whether another GUID than this counts; before that is said of it, the store is asked."""
        kept = await self.kept(domain)
        if kept is None or kept == guid:
            return False
        kept = await self._read_again(domain)
        return kept is not None and kept != guid

    async def keep(self, domain: str, guid: str) -> str:
        """The GUID that counts from now on: this one, unless one is kept. For a caller with somebody proven."""
        kept = await self.kept(domain)
        if kept is None:
            kept = await self._memory.keep(provider=PROVIDER, cloud=self._cloud, domain=domain, guid=guid)
            self._read[domain] = _Read(guid=kept, at=self._clock.monotonic())
        return kept

    async def note_change(self, domain: str, guid: str) -> None:
        """Microsoft names this GUID instead: for the operator."""
        await self._memory.note_change(provider=PROVIDER, cloud=self._cloud, domain=domain, guid=guid)

    async def refuse_other(self, domain: str, guid: str, *, key: str) -> None:
        """Raise `ProviderDenied` where another GUID than this counts, once the change was noted."""
        if not await self.is_other(domain, guid):
            return
        await self.note_change(domain, guid)
        raise ProviderDenied(
            f"third_party.providers.microsoft.{key}: {domain} was the directory {await self.kept(domain)}"
            f" and is {guid} now",
            code="provider_misconfigured",
            remedy=f"Find out who has the domain; if that is right: broker doctor --accept {domain}",
        )

    async def _read_again(self, domain: str) -> str | None:
        kept = await self._memory.kept(provider=PROVIDER, cloud=self._cloud, domain=domain)
        if kept is not None:
            self._read[domain] = _Read(guid=kept, at=self._clock.monotonic())
        return kept


class TenantMetadata:
    """The metadata of the configured tenant; of a domain only while it is its directory's of before."""

    def __init__(self, *, tenant: TenantDocuments, documents: ProviderDocuments, domains: Domains) -> None:
        self._tenant = tenant
        self._documents = documents
        self._domains = domains

    async def get(self) -> ProviderMetadata:
        """Raises `UpstreamUnavailable`, `ProviderDenied` for another directory's, `StoreUnavailable`."""
        metadata = await self._documents.metadata()
        domain = self._tenant.domain
        if domain is None or not await self._domains.is_other(domain, self._tenant.directory_in(metadata)):
            return metadata
        # The copy may be older than the operator's consent to a change, or than a change that was undone.
        metadata = await self._documents.renewed_metadata(older_than=DOUBT_SECONDS)
        await self._domains.refuse_other(domain, self._tenant.directory_in(metadata), key="tenant")
        return metadata

    async def prove(self, metadata: ProviderMetadata) -> None:
        """Somebody of this directory was proven: from now on the domain stands for it, unless for another already.

        Raises `ProviderDenied` for another, `StoreUnavailable`.
        """
        domain = self._tenant.domain
        if domain is None:
            return
        guid = self._tenant.directory_in(metadata)
        if await self._domains.keep(domain, guid) != guid:
            await self._domains.refuse_other(domain, guid, key="tenant")
