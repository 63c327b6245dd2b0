"""A token of Microsoft's kind, and all that the provider does with one: signature, chain, tenant policy, addresses.

Whoever runs a directory can have most of a token's claims signed as they like; so every token here is properly signed
unless the signature is what its case is about.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from broker.models.identities import AccountClass, AddressCandidate
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.id_token import VerifiedClaims, signing_kid, verify_signature
from broker.protocol.jwks import KeySet, read_keys
from broker.providers.microsoft.addresses import AddressRules, account_class, candidates
from broker.providers.microsoft.policy import TenantPolicy, check_tenant_policy
from broker.providers.microsoft.token import ALGORITHM, Expected, check_token
from tests.attack.tokens.forge import Signer, b64, ec_jwk, key_set, rs256, rsa_jwk, stranger_key, token

BASE = "https://login.microsoftonline.com"
ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
MSA = "9188040d-6c67-4c5b-b112-36a304b66dad"
CLIENT = "c11e0000-0000-4000-8000-00000000000c"
NOW = 1_790_000_000
NONCE = "n" * 43
ACCESS_TOKEN = "an-opaque-access-token"
WORK, NEXT, PERSONAL, GOVERNMENT, GOVERNMENTS_OWN, BIRCHS, NOBODYS, RETIRED, WEAK, ENCRYPTS, CURVE, TWICE = (
    "work", "next", "personal", "government", "governments-own", "birchs", "nobodys", "retired", "weak", "encrypts",
    "curve", "twice",
)  # fmt: skip
_ANY = f"{BASE}/{{tenantid}}/v2.0"
AT_HASH = base64.urlsafe_b64encode(hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]).decode().rstrip("=")
EXPECTED = Expected(
    metadata=ProviderMetadata(
        issuer=_ANY,
        authorization_endpoint=f"{BASE}/common/oauth2/v2.0/authorize",
        token_endpoint=f"{BASE}/common/oauth2/v2.0/token",
        jwks_uri=f"{BASE}/common/discovery/v2.0/keys",
        cloud_instance_name="microsoftonline.com",
    ),
    tenant="common",
    cloud_instance_name="microsoftonline.com",
    client_id=CLIENT,
    nonce=NONCE,
    now=NOW,
    max_age=None,
    access_token=ACCESS_TOKEN,
)


@cache
def keys() -> KeySet:
    """What `common` publishes, all of one private key: the name is what decides whose it is."""
    ours: dict[str, Any] = {"issuer": _ANY, "cloud_instance_name": "microsoftonline.com"}
    return read_keys(
        key_set(
            rsa_jwk(kid=WORK, **ours),
            rsa_jwk(kid=NEXT, **ours),
            rsa_jwk(kid=PERSONAL, **ours | {"issuer": f"{BASE}/{MSA}/v2.0"}),
            rsa_jwk(kid=GOVERNMENT, **ours | {"cloud_instance_name": "microsoftonline.us"}),
            rsa_jwk(kid=GOVERNMENTS_OWN, issuer="https://login.microsoftonline.us/{tenantid}/v2.0",
                cloud_instance_name="microsoftonline.us"),
            rsa_jwk(kid=BIRCHS, **ours | {"issuer": f"{BASE}/{BIRCH}/v2.0"}),
            rsa_jwk(kid=NOBODYS, cloud_instance_name="microsoftonline.com"),
            rsa_jwk(kid=WEAK, n=b64((2**1023 + 1).to_bytes(128, "big")), **ours),
            rsa_jwk(kid=ENCRYPTS, **ours | {"use": "enc"}),
            ec_jwk(kid=CURVE, **ours),
            rsa_jwk(kid=TWICE, **ours),
            rsa_jwk(stranger_key(), kid=TWICE, **ours),
        )
    )  # fmt: skip


def honest(**changes: Any) -> dict[str, Any]:
    """Alice's claims, changed; a change to `...` leaves the claim out."""
    claims = {
        "ver": "2.0", "iss": f"{BASE}/{ALDER}/v2.0", "aud": CLIENT, "tid": ALDER,
        "oid": "5eed0000-0000-4000-8000-0000000000a1", "sub": "s" * 43, "iat": NOW - 300, "nbf": NOW - 300,
        "exp": NOW + 3600, "nonce": NONCE, "name": "Alice Alder", "preferred_username": "alice@alder.example",
        "upn": "alice@alder.example", "email": "alice@alder.example", "xms_edov": True, "acct": 0,
        "given_name": "Alice", "family_name": "Alder", "sid": "5e55", "login_hint": "O.hint", "auth_time": NOW - 400,
        "roles": ["reader"], "uti": "u", "rh": "r", "aio": "a", "at_hash": AT_HASH,
    } | changes  # fmt: skip
    return {name: value for name, value in claims.items() if value is not ...}


def personal(**changes: Any) -> dict[str, Any]:
    """Dave's claims."""
    own = {"iss": f"{BASE}/{MSA}/v2.0", "tid": MSA, "oid": "00000000-0000-0000-da7e-000000000001", "sid": ...}
    return honest(**own | {"upn": ..., "acct": ..., "email": "dave@outlook.example", "xms_edov": "1"} | changes)


def signed(claims: Mapping[str, Any], signer: Signer = rs256, **header: Any) -> str:
    """A token; a header member of `...` is left out."""
    members = {"typ": "JWT", "alg": "RS256", "kid": WORK} | header
    return token({name: value for name, value in members.items() if value is not ...}, claims, signer)


class Verdict:
    """What the provider makes of a token. Raises the refusal."""

    def __init__(self, unverified: str, *, expected: Expected = EXPECTED, policy: TenantPolicy | None = None) -> None:
        signing_kid(unverified, algorithm=ALGORITHM)
        self.verified: VerifiedClaims = verify_signature(unverified, keys=keys(), algorithm=ALGORITHM)
        check_token(self.verified, expected)
        claims = self.verified.claims
        self.kind: AccountClass = account_class(claims)
        check_tenant_policy(claims, kind=self.kind, policy=policy or TenantPolicy())
        self.candidates: tuple[AddressCandidate, ...] = candidates(claims, kind=self.kind, rules=AddressRules())
        self.subject_key = f"{claims['tid']}:{claims['oid']}"

    def shown(self) -> dict[str, object]:
        """All that is kept for display or for the session."""
        read = self.verified
        texts = {name: read.display(name) for name in ("name", "given_name", "family_name", "preferred_username")}
        rest = {"sid": read.text("sid"), "login_hint": read.text("login_hint"), "auth_time": read.number("auth_time")}
        return {**texts, **rest, "roles": read.texts("roles")}
