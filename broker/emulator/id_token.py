"""ID tokens, as they should be or spoilt as control asks.

A v2 token's header has `typ`, `alg`, `kid` and nothing else.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from broker.emulator.jws import b64url, sign
from broker.emulator.keys import KeyName, Keys, SigningKey
from broker.emulator.token_changes import Changes, TokenChange

Members = list[tuple[str, Any]]
_UNCHANGED = TokenChange()


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
    return sign(data, alg, signer.private)
