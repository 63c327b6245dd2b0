"""The directories of the emulator, and what a tenant segment of a URL means.

Microsoft puts a segment in front of each path: `common`, `organizations`, `consumers`, the GUID of a directory or one
of its verified domains. Source: Microsoft's documentation of the OpenID Connect endpoints.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.emulator.clouds import CHINA, GLOBAL, USGOV, Cloud

PLACEHOLDER = "{tenantid}"
"""Stands literally in the issuer of documents that speak for every directory."""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One directory of one cloud; `personal` marks the one that holds all personal Microsoft accounts."""

    id: str
    name: str
    domains: tuple[str, ...] = ()
    region: str
    personal: bool = False
    cloud: Cloud = GLOBAL

    def seen_in(self, cloud: Cloud) -> bool:
        """Whether its accounts come to that cloud's sign-in.

        The government's come to the global one as well, with tokens by their own class of key: a client has to refuse.
        """
        return self.cloud is cloud or (self.cloud is USGOV and cloud is GLOBAL)


ALDER = Tenant(
    id="a1de0000-0000-4000-8000-000000000001",
    name="Alder",
    domains=("alder.example", "alder.onmicrosoft.com"),
    region="EU",
)
BIRCH = Tenant(
    id="b12c0000-0000-4000-8000-000000000002",
    name="Birch",
    domains=("birch.example", "birch.onmicrosoft.com"),
    region="NA",
)
CEDAR = Tenant(
    id="ceda0000-0000-4000-8000-000000000003",
    name="Cedar",
    domains=("cedar.example", "cedar.onmicrosoft.us"),
    region="USGov",
    cloud=USGOV,
)
DOGWOOD = Tenant(
    id="d09d0000-0000-4000-8000-000000000004",
    name="Dogwood",
    domains=("dogwood.example", "dogwood.partner.onmschina.cn"),
    region="AS",
    cloud=CHINA,
)
PERSONAL = Tenant(id="9188040d-6c67-4c5b-b112-36a304b66dad", name="Personal account", region="WW", personal=True)

TENANTS: Iterable[Tenant] = (ALDER, BIRCH, CEDAR, DOGWOOD, PERSONAL)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A tenant segment that exists: as it is shown in URLs, and the one directory it stands for, if it is one."""

    text: str
    tenant: Tenant | None = None
    cloud: Cloud = GLOBAL

    @property
    def key(self) -> str:
        """What makes two segments the same; `consumers` and the GUID of personal accounts are."""
        return f"{self.cloud.name}/{self.tenant.id if self.tenant else self.text}"

    @property
    def speaks_for_many(self) -> bool:
        """Whether accounts of many directories come through it (`common`, `organizations`)."""
        return self.tenant is None

    def issuer(self, base: str) -> str:
        """The issuer its discovery document names."""
        return f"{base}/{self.tenant.id if self.tenant else PLACEHOLDER}/v2.0"

    def admits(self, tenant: Tenant) -> bool:
        """Whether accounts of that directory may come through this segment."""
        if self.tenant is not None:
            return tenant is self.tenant
        return tenant.seen_in(self.cloud) and (self.text == "common" or not tenant.personal)


class Tenants:
    """The directories there are, and the segments of URL paths that mean them."""

    def __init__(self, tenants: Iterable[Tenant] = TENANTS) -> None:
        self._by_name = {name: tenant for tenant in tenants for name in (tenant.id, *tenant.domains)}

    def add(self, tenant: Tenant) -> None:
        """One more directory. Raises ValueError when its GUID or a domain is another's."""
        for name in (tenant.id, *tenant.domains):
            if name in self._by_name:
                raise ValueError(f"{name} is {self._by_name[name].name}'s already")
        self._by_name |= dict.fromkeys((tenant.id, *tenant.domains), tenant)

    def named(self, text: str) -> Tenant | None:
        """The directory with this GUID or domain, letter case ignored."""
        return PERSONAL if text.lower() == "consumers" else self._by_name.get(text.lower())

    def segment(self, text: str, cloud: Cloud = GLOBAL) -> Segment | None:
        """The segment of a URL path in this cloud, letter case ignored; None if there is no such tenant in it."""
        if text.lower() in ("common", "organizations"):
            return Segment(text=text.lower(), cloud=cloud)
        tenant = self.named(text)
        if tenant is None or not tenant.seen_in(cloud):
            return None
        # A document asked for by domain shows the GUID, so a domain is only another name of the GUID's segment.
        shown = "consumers" if text.lower() == "consumers" else tenant.id
        return Segment(text=shown, tenant=tenant, cloud=cloud)
