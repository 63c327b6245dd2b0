"""Registrations as control writes and reads them: the change asked for, its checks, and the masked read-out."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from broker.emulator.certificates import read_certificate
from broker.emulator.federated_credentials import EXCHANGE_AUDIENCE, FederatedCredential
from broker.emulator.permissions import ADMIN_ONLY
from broker.emulator.registrations import (
    Audience,
    GroupClaims,
    Registration,
    Secret,
    logout_mistake,
    redirect_mistake,
)
from broker.emulator.tenants import Tenants

_AS_THEY_ARE = ("name", "audience", "public", "assignment_required", "remove_unverified_email")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SecretOrder(BaseModel):
    """A client secret; `expires_at` in seconds since the epoch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str
    expires_at: float | None = None


class FederatedCredentialOrder(BaseModel):
    """Whose token for whom stands for a credential; compared exactly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="federated", min_length=3, max_length=120)
    issuer: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    audiences: list[str] = Field(default=[EXCHANGE_AUDIENCE], min_length=1)


class RegistrationChange(BaseModel):
    """What to change of a registration. Members left out stay as they are, or at the default of a new one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str
    name: str | None = None
    audience: Audience | None = None
    tenant: str | None = None
    """The directory it lives in, by GUID or domain."""
    redirect_uris: list[str] | None = None
    """All redirect URIs, in place of those there are."""
    add_redirect_uris: list[str] = []
    secrets: list[SecretOrder] | None = None
    certificates: list[str] | None = None
    """PEM texts, the first certificate of each."""
    federated_credentials: list[FederatedCredentialOrder] | None = Field(default=None, max_length=20)
    public: bool | None = None
    optional_claims: list[str] | None = None
    single_page_redirect_uris: list[str] | None = None
    logout_url: str | None = None
    """The front-channel logout URL; empty for none."""
    permissions: list[str] | None = None
    assignment_required: bool | None = None
    app_roles: list[str] | None = None
    group_membership_claims: GroupClaims | Literal["None"] | None = None
    remove_unverified_email: bool | None = None


def changed_registration(
    known: Mapping[str, Registration], change: RegistrationChange, tenants: Tenants
) -> Registration:
    """The registration after the change. Raises ValueError for what Microsoft would not accept."""
    client_id = change.client_id.lower()
    if not _GUID.fullmatch(client_id):
        raise ValueError("client_id is not a GUID")
    before = known.get(client_id) or Registration(
        client_id=client_id, name=client_id, audience=Audience.ANY_DIRECTORY_AND_PERSONAL
    )
    after = dataclasses.replace(before, **_members(before, change, tenants))  # type: ignore[arg-type] # each fits its member
    for redirect_uri in (*after.redirect_uris, *after.single_page_redirect_uris):
        if mistake := redirect_mistake(redirect_uri, after.audience):
            raise ValueError(f"{redirect_uri}: {mistake}")
    if after.logout_url is not None and (mistake := logout_mistake(after.logout_url)):
        raise ValueError(f"{after.logout_url}: {mistake}")
    if unknown := set(after.permissions) - set(ADMIN_ONLY):
        raise ValueError(f"{', '.join(sorted(unknown))}: Graph has no such permission here")
    return after


def _members(before: Registration, change: RegistrationChange, tenants: Tenants) -> dict[str, object]:
    members: dict[str, object] = {name: value for name in _AS_THEY_ARE if (value := getattr(change, name)) is not None}
    members |= {
        name: tuple(value)
        for name in ("single_page_redirect_uris", "permissions", "app_roles")
        if (value := getattr(change, name)) is not None
    }
    if change.logout_url is not None:
        members["logout_url"] = change.logout_url or None
    if change.group_membership_claims is not None:
        members["group_membership_claims"] = (
            None if change.group_membership_claims == "None" else change.group_membership_claims
        )
    redirect_uris = before.redirect_uris if change.redirect_uris is None else tuple(change.redirect_uris)
    members["redirect_uris"] = tuple(dict.fromkeys((*redirect_uris, *change.add_redirect_uris)))
    if change.secrets is not None:
        members["secrets"] = tuple(Secret(value=each.value, expires_at=each.expires_at) for each in change.secrets)
    if change.certificates is not None:
        members["certificates"] = tuple(read_certificate(pem) for pem in change.certificates)
    if change.federated_credentials is not None:
        members["federated_credentials"] = tuple(
            FederatedCredential(
                name=each.name, issuer=each.issuer, subject=each.subject, audiences=tuple(each.audiences)
            )
            for each in change.federated_credentials
        )
    if change.optional_claims is not None:
        members["optional_claims"] = frozenset(change.optional_claims)
    if change.tenant is not None:
        home = tenants.named(change.tenant)
        if home is None:
            raise ValueError(f"{change.tenant}: there is no such directory")
        members["home"] = home
    return members


def as_json(registration: Registration) -> dict[str, object]:
    """The registration as control shows it, its secrets masked."""
    return {
        "client_id": registration.client_id,
        "name": registration.name,
        "audience": registration.audience,
        "tenant": registration.home.id,
        "redirect_uris": list(registration.redirect_uris),
        "secrets": [{"value": "***", "expires_at": secret.expires_at} for secret in registration.secrets],
        "certificates": [{"x5t": each.sha1, "x5t#S256": each.sha256} for each in registration.certificates],
        "federated_credentials": [dataclasses.asdict(each) for each in registration.federated_credentials],
        "public": registration.public,
        "optional_claims": sorted(registration.optional_claims),
        "single_page_redirect_uris": list(registration.single_page_redirect_uris),
        "logout_url": registration.logout_url,
        "permissions": list(registration.permissions),
        "assignment_required": registration.assignment_required,
        "app_roles": None if registration.app_roles is None else list(registration.app_roles),
        "group_membership_claims": registration.group_membership_claims,
        "remove_unverified_email": registration.remove_unverified_email,
    }
