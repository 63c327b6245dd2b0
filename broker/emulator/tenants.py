"""The directories of the emulator, and what a tenant segment of a URL means.

Microsoft puts a segment in front of each path: `common`, `organizations`, `consumers`, the GUID of a directory or one
of its verified domains. Source: Microsoft's documentation of the OpenID Connect endpoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PLACEHOLDER = "{tenantid}"
"""Stands literally in the issuer of documents that speak for every directory."""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One directory; `personal` marks the one that holds all personal Microsoft accounts, `government` those of the
    United States' government cloud."""

    id: str
    name: str
    domains: tuple[str, ...] = ()
    region: str
    personal: bool = False
    government: bool = False


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
    government=True,
)
PERSONAL = Tenant(id="9188040d-6c67-4c5b-b112-36a304b66dad", name="Personal account", region="WW", personal=True)

TENANTS: Sequence[Tenant] = (ALDER, BIRCH, CEDAR, PERSONAL)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A tenant segment that exists: as it is shown in URLs, and the one directory it stands for, if it is one."""

    text: str
    tenant: Tenant | None = None

    @property
    def key(self) -> str:
        """What makes two segments the same; `consumers` and the GUID of personal accounts are."""
        return self.tenant.id if self.tenant else self.text

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
        return self.text == "common" or not tenant.personal


def _by_name() -> dict[str, Segment]:
    segments = {name: Segment(text=name) for name in ("common", "organizations")}
    segments["consumers"] = Segment(text="consumers", tenant=PERSONAL)
    for tenant in TENANTS:
        # A document asked for by domain shows the GUID, so a domain is only another name of the GUID's segment.
        guid = Segment(text=tenant.id, tenant=tenant)
        segments.update(dict.fromkeys((tenant.id, *tenant.domains), guid))
    return segments


_SEGMENTS = _by_name()


def segment_named(text: str) -> Segment | None:
    """The segment of a URL path, letter case ignored; None if there is no such tenant."""
    return _SEGMENTS.get(text.lower())
