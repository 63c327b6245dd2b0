"""Which addresses of a Microsoft account may count for what: the answer to nOAuth (Descope, 2023).

Anybody can make a directory and write a stranger's address into a user's `email`. So `email` is verified by a
positive `xms_edov` or by the operator's word about tenant and domain, and `upn`, whose domain Microsoft checks but
whose mailbox nobody does, is kept apart as `upn`. Pure functions of verified claims; accounts decide what follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from broker.models.identities import AccountClass, AddressCandidate
from broker.protocol.addresses import canonical_address, is_ascii_local
from broker.providers.microsoft.clouds import MSA_TENANT

Source = Literal["upn", "email"]


@dataclass(frozen=True, kw_only=True)
class AddressRules:
    """`trusted_domains`: tenant → the domains whose `email` its members may be believed, all in lower case."""

    sources: tuple[Source, ...] = ("upn", "email")
    trusted_domains: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trust_personal: bool = False


def account_class(claims: Mapping[str, Any]) -> AccountClass:
    """Member, guest, personal, or unknown where the token says nothing (its optional claims are not switched on)."""
    if claims["tid"] == MSA_TENANT:
        return "personal"
    acct = claims.get("acct")
    if acct is not None:
        return _by_acct(acct)
    if _foreign_idp(claims) or _decorated(claims.get("upn")) or _decorated(claims.get("preferred_username")):
        return "guest"
    return "member" if "idp" in claims or isinstance(claims.get("upn"), str) else "unknown"


def domain_owner_verified(unverified_edov: object) -> bool:
    """`xms_edov`, which was seen as `true` and as `"1"`: everything not plainly positive is negative.

    `true`, the integer 1, the strings `1` and `true` in any ASCII case, and nothing else: no 1.0, no white space.
    """
    if isinstance(unverified_edov, bool):
        return unverified_edov
    if isinstance(unverified_edov, int):
        return unverified_edov == 1
    if isinstance(unverified_edov, str) and unverified_edov.isascii():
        return unverified_edov.lower() in ("1", "true")
    return False


def candidates(claims: Mapping[str, Any], *, kind: AccountClass, rules: AddressRules) -> tuple[AddressCandidate, ...]:
    """The addresses in the order of the configured sources, each once, with the strongest proof that it has."""
    found: dict[str, str | None] = {}
    for source in rules.sources:
        candidate = _from_upn(claims, kind) if source == "upn" else _from_email(claims, kind, rules)
        if candidate is None:
            continue
        earlier = found.get(candidate.address)
        if candidate.proves_mailbox or earlier is None:
            found[candidate.address] = candidate.verified_by
    return tuple(AddressCandidate(address=address, verified_by=proof) for address, proof in found.items())


def trusted_domains(entries: Sequence[tuple[str, Sequence[str]]]) -> dict[str, frozenset[str]]:
    """The configured `trusted_tenants` as a look-up; a tenant named twice has the domains of both."""
    found: dict[str, frozenset[str]] = {}
    for tenant, domains in entries:
        key = tenant.lower()
        found[key] = found.get(key, frozenset()) | {domain.lower() for domain in domains}
    return found


def _from_upn(claims: Mapping[str, Any], kind: AccountClass) -> AddressCandidate | None:
    unverified = claims.get("upn")
    if kind != "member" or _decorated(unverified):
        return None
    address = canonical_address(unverified)
    if address is None:
        return None
    return AddressCandidate(address=address, verified_by="upn" if is_ascii_local(address) else None)


def _from_email(claims: Mapping[str, Any], kind: AccountClass, rules: AddressRules) -> AddressCandidate | None:
    address = canonical_address(claims.get("email"))
    if address is None:
        return None
    proof = _proof_of_email(claims, kind, rules, address) if is_ascii_local(address) else None
    return AddressCandidate(address=address, verified_by=proof)


def _proof_of_email(claims: Mapping[str, Any], kind: AccountClass, rules: AddressRules, address: str) -> str | None:
    if domain_owner_verified(claims.get("xms_edov")):
        return "xms_edov"
    domain = address.rpartition("@")[2]
    # A guest's address is whatever the invitation said, so only somebody known to be a member is believed.
    if kind == "member" and domain in rules.trusted_domains.get(claims["tid"], frozenset()):
        return "trusted_tenant"
    if kind == "personal" and rules.trust_personal:
        return "trust_personal"
    return None


def _by_acct(acct: object) -> AccountClass:
    if isinstance(acct, bool):
        return "unknown"
    if acct in (0, "0"):
        return "member"
    return "guest" if acct in (1, "1") else "unknown"


def _foreign_idp(claims: Mapping[str, Any]) -> bool:
    """Whether another directory proved the person. `idp` may name our own tenant in the older issuer form."""
    idp = claims.get("idp")
    if idp is None:
        return False
    own = (claims["iss"], f"https://sts.windows.net/{claims['tid']}/")
    return idp not in own


def _decorated(unverified_name: object) -> bool:
    """The name of a guest, who is a guest whatever the domain behind it says."""
    if not isinstance(unverified_name, str):
        return False
    upper = unverified_name.upper()
    return "#EXT#" in upper or "_EXT_" in upper
