"""An ID token: unverified string in, `VerifiedClaims` out (OpenID Connect Core 3.1.3.7, RFC 8725).

Each check is a function of its own, named for what it compares and raising `TokenInvalid` with that name, so that a
provider with rules of its own (Microsoft) can run them in its order; `verify` is the order for everybody else.
Nothing of the payload is read before the signature holds: no decision comes from an unverified claim.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from types import MappingProxyType

from broker.crypto import base64url, same
from broker.errors import TokenInvalid
from broker.protocol.claims import Claims
from broker.protocol.excerpt import excerpt
from broker.protocol.jwks import MAX_KID_CHARACTERS, KeySet, VerificationKey
from broker.protocol.jwt import fits_public, read_header, verified_payload

LEEWAY = 60
"""Seconds by which the provider's clock and ours may differ."""
_CLOCK = "Set this machine's clock; broker doctor holds it beside the provider's."

_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")
# at_hash takes the hash of the ID token's own algorithm (OpenID Connect Core 3.1.3.6); Ed25519 is built on SHA-512.
_HASHES = {
    "RS256": "sha256",
    "PS256": "sha256",
    "ES256": "sha256",
    "RS384": "sha384",
    "RS512": "sha512",
    "EdDSA": "sha512",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class VerifiedClaims(Claims):
    """Claims that `key` signed with `algorithm`. Made by `verify` and `verify_signature` only.

    After `verify_signature` alone nothing has been compared yet: not for whom, by whom or when.
    """

    key: VerificationKey
    algorithm: str

    @property
    def issuer(self) -> str:
        """`iss`. Raises `TokenInvalid` if there is none."""
        return self._required("iss")

    @property
    def subject(self) -> str:
        """`sub`. Raises `TokenInvalid` if there is none."""
        return self._required("sub")

    @property
    def audience(self) -> tuple[str, ...]:
        """`aud` as a list; empty if it is anything but a string or a list of strings."""
        value: object = self.claims.get("aud")
        members: list[object] = value if isinstance(value, list) else [value]
        texts = tuple(member for member in members if isinstance(member, str))
        return texts if len(texts) == len(members) else ()

    def _required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise TokenInvalid(name, f"no usable {name}", security="iss" if name == "iss" else None)
        return value


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What an ID token must fit.

    `issuer` None: the caller compares it. `now`, `leeway`, `max_age` and `max_lifetime` are seconds. `acr_values`:
    one of them must be there, if any are given. `access_token`: for `at_hash`, where the token brings one.
    """

    issuer: str | None
    client_id: str
    nonce: str = field(repr=False)
    now: int
    leeway: int = LEEWAY
    max_age: int | None = None
    max_lifetime: int | None = None
    acr_values: tuple[str, ...] = ()
    access_token: str | None = field(default=None, repr=False)


def verify(
    unverified_id_token: str, *, keys: KeySet, algorithm: str | Collection[str], expectations: Expectations
) -> VerifiedClaims:
    """All of OpenID Connect Core 3.1.3.7, in order. Raises `TokenInvalid`, its `check` naming what failed.

    The check `kid` means that the key set has no such key: it may be worth fetching the set again.
    """
    claims = verify_signature(unverified_id_token, keys=keys, algorithm=algorithm)
    expected = expectations
    if expected.issuer is not None:
        check_issuer(claims, issuer=expected.issuer)
    check_audience(claims, client_id=expected.client_id)
    check_times(claims, now=expected.now, leeway=expected.leeway, max_lifetime=expected.max_lifetime)
    check_nonce(claims, nonce=expected.nonce)
    check_subject(claims)
    check_auth_time(claims, max_age=expected.max_age, now=expected.now, leeway=expected.leeway)
    check_acr(claims, acr_values=expected.acr_values)
    check_access_token_hash(claims, access_token=expected.access_token)
    return claims


def signing_kid(unverified_id_token: str, *, algorithm: str | Collection[str]) -> str:
    """The name of the key that is said to have signed, once form, algorithm and type are what we take.

    Good for deciding whether keys must be fetched. Raises `TokenInvalid` with check `malformed`, `alg` or `kid`.
    """
    return _admitted_header(unverified_id_token, algorithm)[0]


def verify_signature(unverified_id_token: str, *, keys: KeySet, algorithm: str | Collection[str]) -> VerifiedClaims:
    """Form, algorithm, key and signature; nothing of the claims.

    Raises `TokenInvalid` with check `malformed`, `alg`, `kid` or `signature`.
    """
    kid, alg = _admitted_header(unverified_id_token, algorithm)
    key = keys.find(kid)
    if key is None:
        raise TokenInvalid("kid", f"no key {excerpt(kid)}")
    if not fits_public(key.public_key, alg) or key.alg not in (None, alg):
        raise TokenInvalid("alg", f"the key is not for {alg}", security="alg")
    payload = verified_payload(unverified_id_token, key=key.public_key, algorithm=alg)
    return VerifiedClaims(claims=MappingProxyType(payload), key=key, algorithm=alg)


def _admitted_header(unverified_id_token: str, algorithm: str | Collection[str]) -> tuple[str, str]:
    header = read_header(unverified_id_token)
    admitted = (algorithm,) if isinstance(algorithm, str) else algorithm
    if header.alg not in admitted:
        raise TokenInvalid("alg", f"{excerpt(header.alg, 40)} is not admitted", security="alg")
    # Another type (`at+jwt`, `logout+jwt`) is a token for another purpose (RFC 8725 section 3.11).
    if header.typ not in (None, "JWT"):
        raise TokenInvalid("alg", f"{excerpt(header.typ, 40)} is not the type of an ID token", security="alg")
    if header.kid is None or not 1 <= len(header.kid) <= MAX_KID_CHARACTERS:
        raise TokenInvalid("kid", "the header names no key")
    return header.kid, header.alg


def check_issuer(claims: VerifiedClaims, *, issuer: str) -> None:
    """`iss` is exactly the expected issuer, by simple string comparison."""
    if claims.issuer != issuer:
        raise TokenInvalid("iss", f"issued by {excerpt(claims.issuer, 120)}", security="iss")


def check_audience(claims: VerifiedClaims, *, client_id: str) -> None:
    """`aud` is our client id, alone or as the only element; `azp`, if there, is it too.

    A further audience is refused: whoever else may use this token, we do not trust them with our sign-ins.
    """
    if claims.audience != (client_id,):
        meant = excerpt(", ".join(claims.audience[:4]), 120) or "nobody"
        raise TokenInvalid("aud", f"meant for {meant}", security="aud")
    if "azp" in claims.claims and claims.claims["azp"] != client_id:
        raise TokenInvalid("aud", "azp is somebody else", security="aud")


def check_times(claims: VerifiedClaims, *, now: int, leeway: int = LEEWAY, max_lifetime: int | None = None) -> None:
    """`exp` and `iat` are there and fit, so does `nbf` if there; the token lives at most `max_lifetime` seconds."""
    expires, issued = claims.number("exp"), claims.number("iat")
    if expires is None or issued is None:
        raise TokenInvalid("time", "exp and iat must be positive integers")
    if expires <= now - leeway:
        raise TokenInvalid("time", "expired", remedy=_CLOCK)
    if issued > now + leeway:
        raise TokenInvalid("time", "issued in the future", remedy=_CLOCK)
    if "nbf" in claims.claims:
        not_before = claims.number("nbf")
        if not_before is None:
            raise TokenInvalid("time", "nbf must be a positive integer")
        if not_before > now + leeway:
            raise TokenInvalid("time", "not valid yet", remedy=_CLOCK)
    if expires <= issued or (max_lifetime is not None and expires - issued > max_lifetime):
        raise TokenInvalid("time", "an unreasonable lifetime")


def check_nonce(claims: VerifiedClaims, *, nonce: str) -> None:
    """`nonce` is the one of this sign-in: the token was made for this request and is not a replay."""
    found = claims.text("nonce")
    if found is None:
        raise TokenInvalid("nonce", "no usable nonce", security="nonce")
    if not same(found, nonce):
        raise TokenInvalid("nonce", "made for another sign-in", security="nonce")


def check_subject(claims: VerifiedClaims) -> None:
    """`sub` is a string of 1 to 255 ASCII characters (OpenID Connect Core section 2)."""
    value = claims.claims.get("sub")
    if not isinstance(value, str) or _SUBJECT.fullmatch(value) is None:
        raise TokenInvalid("sub", "no usable sub")


def check_auth_time(claims: VerifiedClaims, *, max_age: int | None, now: int, leeway: int = LEEWAY) -> None:
    """If `max_age` was sent, the person authenticated at most that long ago (OpenID Connect Core 3.1.2.1).

    Missing or too old: `interaction_required`, for signing in again can help. Malformed or in the future:
    `invalid_response`.
    """
    if max_age is None:
        return
    if "auth_time" not in claims.claims:
        raise TokenInvalid("auth_time", "missing", code="interaction_required")
    authenticated = claims.number("auth_time")
    if authenticated is None or authenticated > now + leeway:
        raise TokenInvalid("auth_time", "malformed or in the future")
    if authenticated + max_age < now - leeway:
        raise TokenInvalid("auth_time", "too long ago", code="interaction_required")


def check_acr(claims: VerifiedClaims, *, acr_values: Collection[str]) -> None:
    """If certain authentication contexts were asked for, one of them was used. Otherwise `interaction_required`."""
    if acr_values and claims.text("acr") not in acr_values:
        raise TokenInvalid("acr", "not the authentication context asked for", code="interaction_required")


def check_access_token_hash(claims: VerifiedClaims, *, access_token: str | None) -> None:
    """`at_hash`, if there, belongs to the access token that came along (OpenID Connect Core 3.1.3.8)."""
    if access_token is None or "at_hash" not in claims.claims:
        return
    found = claims.text("at_hash")
    digest = hashlib.new(_HASHES[claims.algorithm], access_token.encode()).digest()
    if found is None or not same(found, base64url(digest[: len(digest) // 2])):
        raise TokenInvalid("at_hash", "another access token")
