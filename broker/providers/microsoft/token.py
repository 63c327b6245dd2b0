"""Microsoft's ID token, checked step by step; the order is the point.

A placeholder issuer makes the usual `iss` comparison impossible, so the issuer is proven as a chain: key → the issuer
and cloud that this key may speak for → `tid` → `iss` → the discovery document. `CHAIN` is the whole of it, after the
signature and before the tenant policy. Source: Microsoft's documentation on claims validation and signing keys.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from broker.errors import TokenInvalid
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.excerpt import excerpt
from broker.protocol.id_token import (
    LEEWAY,
    VerifiedClaims,
    check_access_token_hash,
    check_audience,
    check_auth_time,
    check_issuer,
    check_nonce,
    check_subject,
    check_times,
)
from broker.providers.microsoft.clouds import MSA_TENANT

ALGORITHM = "RS256"
PLACEHOLDER = "{tenantid}"
# A personal account's token lives 24 h 5 min, a work account's 65 min.
LONGEST_LIFETIME = 26 * 3600
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ACCESS_TOKEN_CLAIMS = ("scp", "azpacr", "appid", "idtyp")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a token must fit. `tenant` is `common`, `organizations`, `consumers` or the GUID of one directory."""

    metadata: ProviderMetadata
    tenant: str
    cloud_instance_name: str | None
    client_id: str
    nonce: str = field(repr=False)
    now: int
    max_age: int | None
    access_token: str | None = field(repr=False)
    strict_key_class: bool = True


def check_kind(claims: VerifiedClaims, _expected: Expected) -> None:
    """It is an ID token of the second version; an access token for an API of ours looks nearly the same."""
    if claims.claims.get("ver") != "2.0":
        raise TokenInvalid("not_id_token", "ver is not 2.0")
    for name in _ACCESS_TOKEN_CLAIMS:
        if name in claims.claims:
            raise TokenInvalid("not_id_token", f"it has {name}, as access tokens do")


def check_tid(claims: VerifiedClaims, _expected: Expected) -> None:
    """`tid` is a GUID, and there is only one: a claims-mapping rule of a strange directory might add a `TID`."""
    tid = claims.claims.get("tid")
    if not isinstance(tid, str) or GUID.fullmatch(tid) is None:
        raise TokenInvalid("tid", "no usable tid")
    if sum(1 for name in claims.claims if name.casefold() == "tid") != 1:
        raise TokenInvalid("tid", "more than one tid")


def check_key_issuer(claims: VerifiedClaims, expected: Expected) -> None:
    """The key may speak for this issuer. Keys say for whom: all directories, or personal accounts."""
    issuer = claims.key.issuer
    tid = claims.claims["tid"]
    if issuer is None or issuer.replace(PLACEHOLDER, tid) != claims.claims.get("iss"):
        raise TokenInvalid("key_issuer", "the key does not speak for this issuer", security="key_issuer")
    # Ours, not Microsoft's rule: whoever got hold of a directories' key could not make personal accounts with it.
    if expected.strict_key_class and tid == MSA_TENANT and PLACEHOLDER in issuer:
        raise TokenInvalid("key_issuer", "a key for directories vouches for a personal account", security="key_issuer")


def check_key_cloud(claims: VerifiedClaims, expected: Expected) -> None:
    """The key belongs to our cloud: government keys stand in the public set, with the public issuer."""
    if claims.key.cloud_instance_name != expected.cloud_instance_name:
        found = excerpt(claims.key.cloud_instance_name or "none", 80)
        raise TokenInvalid("key_cloud", f"the key belongs to the cloud {found}", security="key_cloud")


def check_iss(claims: VerifiedClaims, expected: Expected) -> None:
    """`iss` is the issuer of the discovery document, with `tid` in the place of the placeholder, byte for byte."""
    tid = claims.claims["tid"]
    check_issuer(claims, issuer=expected.metadata.issuer.replace(PLACEHOLDER, tid))
    # Follows from the line above for every document that was admitted; kept, because everything rests on it.
    if not claims.issuer.endswith(f"/{tid}/v2.0"):
        raise TokenInvalid("iss", "iss and tid name different tenants", security="iss")


def check_account_class(claims: VerifiedClaims, expected: Expected) -> None:
    """Work, personal or one directory, as the configured tenant says."""
    personal = claims.claims["tid"] == MSA_TENANT
    fits = {"common": True, "organizations": not personal, "consumers": personal}
    if not fits.get(expected.tenant, claims.claims["tid"] == expected.tenant):
        remedy = "If they are to come in: widen tenant, and Authentication > Supported account types."
        why = f"not for tenant: {expected.tenant}"
        raise TokenInvalid("account_class", why, code="wrong_account_type", remedy=remedy)


def check_aud(claims: VerifiedClaims, expected: Expected) -> None:
    """Made for us."""
    check_audience(claims, client_id=expected.client_id)


def check_time(claims: VerifiedClaims, expected: Expected) -> None:
    """Made for now."""
    check_times(claims, now=expected.now, leeway=LEEWAY, max_lifetime=LONGEST_LIFETIME)


def check_the_nonce(claims: VerifiedClaims, expected: Expected) -> None:
    """Made for this sign-in."""
    check_nonce(claims, nonce=expected.nonce)


def check_sub(claims: VerifiedClaims, _expected: Expected) -> None:
    """It names a subject, which accounts compare with the one they know."""
    check_subject(claims)


def check_oid(claims: VerifiedClaims, _expected: Expected) -> None:
    """It names the account. Without `oid` nothing else takes its place: every other name can be given again."""
    oid = claims.claims.get("oid")
    if oid is None:
        remedy = "Let scopes have profile."
        raise TokenInvalid("oid", "missing", code="provider_misconfigured", remedy=remedy)
    if not isinstance(oid, str) or GUID.fullmatch(oid) is None:
        raise TokenInvalid("oid", "not a GUID")


def check_max_age(claims: VerifiedClaims, expected: Expected) -> None:
    """If a fresh authentication was asked for, it was one."""
    check_auth_time(claims, max_age=expected.max_age, now=expected.now, leeway=LEEWAY)


def check_at_hash(claims: VerifiedClaims, expected: Expected) -> None:
    """The access token beside it, if it speaks of one, is its own."""
    check_access_token_hash(claims, access_token=expected.access_token)


CHAIN: tuple[Callable[[VerifiedClaims, Expected], None], ...] = (
    check_kind,
    check_tid,
    check_key_issuer,
    check_key_cloud,
    check_iss,
    check_account_class,
    check_aud,
    check_time,
    check_the_nonce,
    check_sub,
    check_oid,
    check_max_age,
    check_at_hash,
)
"""Every check after the signature, in order; each refuses under a name of its own."""


OF_THE_SIGN_IN = (check_the_nonce, check_max_age)
"""The two checks that tie a token to a request in a browser: one that a refresh brought was asked for by us alone, over
TLS, and has no nonce (OpenID Connect Core 12.2).
"""


def check_token(claims: VerifiedClaims, expected: Expected) -> None:
    """Raise the `TokenInvalid` of the first check that does not hold."""
    for check in CHAIN:
        check(claims, expected)


def check_refreshed_token(claims: VerifiedClaims, expected: Expected) -> None:
    """The same for an ID token that came with fresh tokens. That it is the same person's is for the caller to see."""
    for check in CHAIN:
        if check not in OF_THE_SIGN_IN:
            check(claims, expected)
