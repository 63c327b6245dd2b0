"""Which directories Microsoft people may come from, and whose word on an address counts."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from broker.config.sections.credentials import GUID
from broker.config.sections.section import SECTION, Complaint, Section, Switch, Unfit

PERSONAL_TENANT: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)


def _domain(text: str) -> str:
    lowered = text.lower()
    if not _DOMAIN.fullmatch(lowered):
        raise Unfit("is no domain", "for example example.com; an international one in its xn-- form")
    return lowered


def _guid(text: str) -> str:
    if not GUID.fullmatch(text):
        raise Unfit("is no GUID", "the directory's tenant ID")
    if text.lower() == PERSONAL_TENANT:
        raise Unfit("is where all personal accounts live", "see trust_personal")
    return text.lower()


def _directory(text: str) -> str:
    if text.lower() == PERSONAL_TENANT:
        raise Unfit("is where all personal accounts live", "use personal: true or personal: false")
    return text.lower() if GUID.fullmatch(text) else _domain(text)


Directory = Annotated[str, AfterValidator(_directory)]
Domain = Annotated[str, AfterValidator(_domain)]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class TenantsSection(Section):
    """`allow` is exhaustive. `personal` unset: yes without `allow`, no with it (`admits_personal`)."""

    allow: tuple[Directory, ...] = ()
    deny: tuple[Directory, ...] = ()
    personal: Switch | None = None
    guests: Switch = True

    @property
    def admits_personal(self) -> bool:
        """Whether personal Microsoft accounts may sign in."""
        return not self.allow if self.personal is None else self.personal

    def complaints(self) -> Iterator[Complaint]:
        """Nobody is on both lists."""
        if set(self.allow) & set(self.deny):
            yield Complaint(key="deny", message="names a tenant that allow names too", reads=("allow",))


@dataclass(frozen=True, kw_only=True, config=SECTION)
class TrustedTenantSection(Section):
    """A directory whose administrator vouches for addresses of these domains."""

    tenant: Annotated[str, AfterValidator(_guid)]
    domains: Annotated[tuple[Domain, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class EmailSection(Section):
    """Where an address is taken from, and what makes it proven."""

    sources: Annotated[tuple[Literal["upn", "email"], ...], Field(min_length=1)] = ("upn", "email")
    trusted_tenants: tuple[TrustedTenantSection, ...] = field(default_factory=tuple)
    trust_personal: Switch = False
    on_unverified: Literal["refuse", "create_without_email", "create_unverified"] | None = None

    def complaints(self) -> Iterator[Complaint]:
        """Each source, each tenant once."""
        if len(set(self.sources)) != len(self.sources):
            yield Complaint(key="sources", message="names a source twice")
        tenants = [trusted.tenant for trusted in self.trusted_tenants]
        if len(set(tenants)) != len(tenants):
            yield Complaint(key="trusted_tenants", message="names a tenant twice", hint="put its domains in one list")
        if self.trust_personal:
            yield Complaint(
                key="trust_personal",
                message="believes addresses of personal accounts that nobody proved",
                notice=True,
            )
