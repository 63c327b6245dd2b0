"""Hanko's signing keys: opened with its secrets, and kept as retired ones of ours.

So backends that still hold tokens of Hanko find the key in our JWK Set until those expire. Nothing is ever signed with
them here, and no such token is a session of ours: `sessions/keyring` tells by the `kid` that we did not make the key.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.models.keys import SigningKey
from broker.protocol.jwks import public_jwk
from broker.sessions.keyring import SEAL_PURPOSE, place
from broker.store import keys as rows
from broker.store.base import Store

_NONCE = 12
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MEMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi")


def opened(sealed: str, secrets: Sequence[str]) -> dict[str, str] | None:
    """The private JWK in a row (base64url of nonce, AES-256-GCM ciphertext and tag, the key being SHA-256 of a secret).

    `None` when none of the secrets opens it, or what comes of it is no such key.
    """
    try:
        raw = base64.urlsafe_b64decode(sealed)
    except ValueError:
        return None
    for secret in secrets:
        try:
            plain = AESGCM(hashlib.sha256(secret.encode()).digest()).decrypt(raw[:_NONCE], raw[_NONCE:], None)
            found = json.loads(plain)
        except (InvalidTag, ValueError):
            continue
        return found if _is_hankos(found) else None
    return None


def _is_hankos(found: object) -> bool:
    """Whether it is a key as Hanko makes them: RSA, whole, and named by a UUID. A name like those of ours, which are
    thumbprints, would make it one of ours.
    """
    if not isinstance(found, dict) or found.get("kty") != "RSA":
        return False
    members = all(isinstance(found.get(name), str) and found[name] for name in _MEMBERS)
    return members and isinstance(found.get("kid"), str) and _UUID.fullmatch(found["kid"]) is not None


async def keep(
    store: Store, jwks: Sequence[dict[str, str]], secrets: SecretKeys, clock: Clock
) -> tuple[list[str], list[str]]:
    """Keep these keys; answers the `kid` of those that are new here, and of those that were here already."""
    fresh, known = [], []
    async with store.transaction() as connection:
        standing = {row.kid for row in await rows.signing_keys(connection)}
        for jwk in jwks:
            if jwk["kid"] in standing:
                known.append(jwk["kid"])
                continue
            await rows.insert_signing_key(connection, _row(jwk, secrets, clock))
            fresh.append(jwk["kid"])
    return fresh, known


def private_key_of(jwk: dict[str, str]) -> rsa.RSAPrivateKey:
    """The key of a private JWK (RFC 7518 6.3)."""
    n, e, d, p, q, dp, dq, qi = (_number(jwk[name]) for name in _MEMBERS)
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n)).private_key()


def _row(jwk: dict[str, str], secrets: SecretKeys, clock: Clock) -> SigningKey:
    private = private_key_of(jwk)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kid, now = jwk["kid"], clock.now()
    return SigningKey(
        kid=kid,
        algorithm="RS256",
        state="retired",
        public_jwk=json.dumps(public_jwk(private.public_key(), kid=kid, algorithm="RS256")),
        sealed_private=secrets.seal(pem, purpose=SEAL_PURPOSE, place=place(kid)),
        created_at=now,
        activated_at=now,
        retired_at=now,
    )


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
