"""ID tokens as compact JWS, signed here by hand: a JOSE library would rightly refuse to write what control asks for.

Sources: RFC 7515 (JWS), RFC 7518 (algorithms). A v2 token's header has `typ`, `alg`, `kid` and nothing else.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from broker.emulator.keys import KeyName, Keys, SigningKey, b64url
from broker.emulator.token_changes import Changes, TokenChange

Members = list[tuple[str, Any]]
_UNCHANGED = TokenChange()
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}


def issue_id_token(claims: Mapping[str, object], change: TokenChange | None, *, keys: Keys, personal: bool) -> str:
    """A signed token with these claims, spoilt as `change` says."""
    change = change or _UNCHANGED
    if change.raw is not None:
        return change.raw
    signer = keys.named(change.key or (KeyName.PERSONAL if personal else KeyName.WORK))
    named = keys.named(change.kid_of) if change.kid_of else signer
    header = _changed([("typ", "JWT"), ("alg", change.alg), ("kid", named.kid)], change.header)
    payload = _changed(list(claims.items()), change)
    signed = f"{b64url(_encode(header))}.{b64url(_encode(payload))}"
    signature = b64url(_sign(signed.encode(), change.alg, signer=signer, named=named))
    return f"{signed}.{signature if change.signature is None else change.signature}"


def _changed(members: Members, changes: Changes) -> Members:
    """The members after the changes; a name that is set anew keeps its place."""
    kept: dict[str, Any] = {name: value for name, value in members if name not in changes.remove}
    kept |= changes.set
    for name, seconds in changes.shift.items():
        kept[name] = kept.get(name, 0) + seconds
    return [*kept.items(), *changes.duplicate.items()]


def _encode(members: Iterable[tuple[str, Any]]) -> bytes:
    """JSON written member by member, because a dict could not hold a name twice."""
    written = (f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in members)
    return ("{" + ",".join(written) + "}").encode()


def _sign(data: bytes, alg: str, *, signer: SigningKey, named: SigningKey) -> bytes:
    if alg == "none":
        return b""
    if alg == "HS256":
        return hmac.new(named.public_pem, data, hashlib.sha256).digest()
    return _rsa(signer.private, data, alg)


def _rsa(private: RSAPrivateKey, data: bytes, alg: str) -> bytes:
    if alg == "PS256":
        return private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return private.sign(data, padding.PKCS1v15(), _HASHES[alg])
