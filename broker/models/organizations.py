"""An organization: a customer's customer, with domains, connections of its own, and members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from broker.models.provider_ids import provider_id_of

ConnectionState = Literal["active", "inactive"]
MembershipStatus = Literal["active", "inactive", "pending"]
ConnectionKind = Literal["microsoft"]
ConnectionCloud = Literal["global", "usgov", "china"]

MEMBER: Final = "member"
"""The role of whom nobody gave another."""
MANY_DIRECTORIES: Final = frozenset({"common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"})
"""Tenants that are nobody's directory: accounts of whoever likes come in through them. The GUID is `consumers`."""


@dataclass(frozen=True, kw_only=True)
class OrganizationDomain:
    """A domain of an organization; `is_verified` once somebody who may say so has said that it is theirs."""

    id: str
    domain: str
    is_verified: bool
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class Organization:
    """`external_id` is what another program calls it; `admits_outsiders`: addresses of other domains may come in."""

    id: str
    name: str
    domains: tuple[OrganizationDomain, ...]
    external_id: str | None
    metadata: Mapping[str, str]
    admits_outsiders: bool
    created_at: int
    updated_at: int

    @property
    def domain_names(self) -> frozenset[str]:
        """All of its domains."""
        return frozenset(each.domain for each in self.domains)

    @property
    def verified_domains(self) -> frozenset[str]:
        """Those that are known to be its own."""
        return frozenset(each.domain for each in self.domains if each.is_verified)


@dataclass(frozen=True, kw_only=True)
class OrganizationConnection:
    """How an organization's people sign in: by a directory of theirs, at a registration of theirs or at ours.

    Without `provider_client_id` it is the environment's registration, restricted to `tenant`; `cloud` is `None` for the
    environment's. `domains` are what a hint may name it by. What it asks never changes: another registration is another
    connection, so that a sign-in under way finds the one that it began with.
    """

    id: str
    organization_id: str
    name: str
    kind: ConnectionKind
    state: ConnectionState
    tenant: str
    provider_client_id: str | None
    sealed_secret: str | None = field(repr=False)
    cloud: ConnectionCloud | None
    domains: tuple[str, ...]
    external_id: str | None
    created_at: int
    updated_at: int

    @property
    def provider(self) -> str:
        """What sign-ins call the provider that it is: its kind, which people and figures call it by, and its id."""
        return provider_id_of(self.kind, self.id)

    @property
    def is_of_one_directory(self) -> bool:
        """Whether whoever comes in through it is in the organization's own directory."""
        return self.tenant not in MANY_DIRECTORIES


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A user in an organization. `roles` are slugs, the first one is the primary; there is always one."""

    id: str
    user_id: str
    organization_id: str
    status: MembershipStatus
    roles: tuple[str, ...]
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class ConnectionFilter:
    """Which are asked for; `None` for any. `domain`: one that the connection has, or its organization."""

    organization_id: str | None = None
    name_part: str | None = None
    domain: str | None = None


@dataclass(frozen=True, kw_only=True)
class MembershipFilter:
    """Whose, where and of which status; `None` for any, and at least one status. `named`: of people with an address."""

    user_id: str | None = None
    organization_id: str | None = None
    statuses: Sequence[MembershipStatus] = ("active",)
    named: bool = False
