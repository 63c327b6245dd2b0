"""ID tokens, as they should be or spoilt as control asks.

A v2 token's header has `typ`, `alg`, `kid` and nothing else.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from broker.emulator.clouds import USGOV, Cloud
from broker.emulator.jws import b64url, sign
from broker.emulator.keys import KeyName, Keys, SigningKey
from broker.emulator.tenants import Tenant
from broker.emulator.token_changes import Changes, TokenChange

Members = list[tuple[str, Any]]
_UNCHANGED = TokenChange()


def issue_id_token(claims: Mapping[str, object], change: TokenChange | None, *, keys: Keys, signing: SigningKey) -> str:
    """A token with these claims, signed by `signing` or spoilt as `change` says."""
    change = change or _UNCHANGED
    if change.raw is not None:
        return change.raw
    signer = keys.named(change.key) if change.key else signing
    named = keys.named(change.kid_of) if change.kid_of else signer
    header = _changed([("typ", "JWT"), ("alg", change.alg), ("kid", named.kid)], change.header)
    payload = _changed(list(_by_clock(claims, change.clock_offset).items()), change)
    signed = f"{b64url(_encode(header))}.{b64url(_encode(payload))}"
    signature = b64url(_sign(signed.encode(), change.alg, signer=signer, named=named))
    return f"{signed}.{signature if change.signature is None else change.signature}"


def signing_key(keys: Keys, *, client_id: str, tenant: Tenant, cloud: Cloud) -> SigningKey:
    """The key for tokens of an account of this directory: the application's own, or that of the account's class."""
    own = keys.of_application(client_id)
    if own is not None:
        return own
    if tenant.cloud is USGOV:
        # In the global cloud as well, where their keys stand in the set beside the others: a careful client refuses.
        return keys.named(KeyName.GOVERNMENT)
    return keys.named(KeyName.PERSONAL if tenant.personal else KeyName(cloud.signs))


def _by_clock(claims: Mapping[str, object], offset: int) -> dict[str, object]:
    """The claims as a server writes them whose clock is off by so many seconds."""
    moved = {name: claims[name] for name in ("iat", "nbf", "exp", "auth_time") if name in claims}
    return {**claims, **{name: value + offset for name, value in moved.items() if isinstance(value, int)}}


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
