"""Whom the operator lets in: directories, personal accounts, guests. Decides on the verified `tid` and nothing else.

With `common` every directory on earth can produce a genuine token for our client id, so this is the fence. Never the
domain of an address, never `domain_hint`, never a tenant that came through the browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.errors import IdentityRefused
from broker.models.identities import AccountClass
from broker.providers.microsoft.clouds import MSA_TENANT


@dataclass(frozen=True, kw_only=True)
class TenantPolicy:
    """`allow` is exhaustive when it is not empty; `deny` wins over everything. Tenants are lower-case GUIDs.

    `personal` `None`: personal accounts come in unless `allow` names directories.
    """

    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    personal: bool | None = None
    guests: bool = True

    @property
    def admits_personal(self) -> bool:
        """Whether personal accounts come in, as configured or by default."""
        if self.personal is not None:
            return self.personal
        return not self.allow or MSA_TENANT in self.allow


def check_tenant_policy(claims: Mapping[str, Any], *, kind: AccountClass, policy: TenantPolicy) -> None:
    """Raise `IdentityRefused` for somebody whom the operator does not let in."""
    tenant = claims["tid"]
    if tenant in policy.deny:
        raise IdentityRefused(f"tenant_policy: tenant {tenant} is denied")
    if kind == "personal":
        if not policy.admits_personal:
            raise IdentityRefused("tenant_policy: personal accounts are not admitted", code="wrong_account_type")
        return
    if policy.allow and tenant not in policy.allow:
        remedy = f"If they are to come in: add {tenant} to tenants.allow."
        raise IdentityRefused(f"tenant_policy: tenant {tenant} is not in tenants.allow", remedy=remedy)
    if not policy.guests:
        _check_no_guest(claims, kind)


def _check_no_guest(claims: Mapping[str, Any], kind: AccountClass) -> None:
    if claims.get("acct") is None and claims.get("idp") is None and kind != "guest":
        raise IdentityRefused(
            "tenant_policy: tenants.guests is false, but the token has neither acct nor idp",
            code="provider_misconfigured",
            remedy="Add the optional claim acct: App registrations > Token configuration > ID.",
        )
    if kind != "member":
        raise IdentityRefused("tenant_policy: guests are not admitted", code="wrong_account_type")
