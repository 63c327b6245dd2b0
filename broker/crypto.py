"""The one door to chance, and what we build on it: ids, opaque tokens and their hashes, derived keys, sealing.

A deployment has one or more secrets, newest first: the first seals and signs, all of them open and verify. Each use
gets a key of its own through HKDF (RFC 5869), so that a value made for one purpose is noise for every other.
Sealing is AES-256-GCM; the associated data is where the value lies (table and row), so that a sealed value cannot be
moved to another row.
"""

import base64
import hashlib
import hmac
import os
import secrets
import threading
import uuid
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from broker.errors import SealBroken

MINIMUM_SECRET_LENGTH = 32
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NONCE_BYTES = 12


class _Ids:
    """The chance in UUIDv7s of one process, growing within a millisecond (RFC 9562 section 6.2, method 2).

    What one transaction writes, its addresses and its audit entries, then sorts in the order in which it was written.
    """

    _CHANCE_BITS = 74
    _STEP_BITS = 32

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ms = -1
        self._chance = 0

    def next(self, now_ms: int) -> str:
        with self._lock:
            if now_ms == self._ms:
                self._chance += 1 + secrets.randbits(self._STEP_BITS)
            else:
                # The top bit is left free, so that the steps of a millisecond never run over.
                self._ms, self._chance = now_ms, secrets.randbits(self._CHANCE_BITS - 1)
            chance = self._chance
        value = (now_ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64
        value |= 0b10 << 62 | chance & ((1 << 62) - 1)
        return str(uuid.UUID(int=value))


_ids = _Ids()


def new_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562 5.7) in its canonical spelling: sorts by time, and within one process by order of making.

    Unique, and no secret: two ids of one millisecond lie within 32 bits of each other.
    """
    return _ids.next(now_ms)


def made_at(own_id: str) -> int | None:
    """When an id was made that begins with its time, as ours do, in seconds; `None` for one of chance or of a name."""
    value = uuid.UUID(own_id)
    return None if value.version in (4, 5) else (value.int >> 80) // 1000


def random_uuid() -> str:
    """A UUIDv4 (RFC 9562 5.4): an id that tells nothing, not even when it was made."""
    return str(uuid.uuid4())


def named_id(name: str) -> str:
    """A UUIDv5 (RFC 9562 5.5): always the same id for the same URL."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def chance() -> float:
    """From 0 to 1, evenly: so that what failed together does not come again together."""
    return secrets.randbits(53) / (1 << 53)


def opaque_token() -> str:
    """32 random bytes, base64url without padding (43 characters): a state, a one-time code, an API key."""
    return base64url(os.urandom(32))


def token_hash(token: str) -> str:
    """What we store instead of an opaque token: SHA-256 in hex, enough since the token is 256 bits of chance."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def error_reference() -> str:
    """Ten characters of Crockford base32 that tie what a person sees to our log lines."""
    return "".join(secrets.choice(_CROCKFORD) for _ in range(10))


def request_id() -> str:
    """32 hex digits for `X-Request-Id`."""
    return os.urandom(16).hex()


def new_secret() -> str:
    """A fresh deployment secret for `secrets.keys` (43 characters)."""
    return opaque_token()


def same(left: str, right: str) -> bool:
    """Compare in constant time; for everything that an attacker might guess byte by byte."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_base64url(text: str) -> bytes:
    """The bytes, if this is how we spell them: Python's reader skips what is no base64 and ignores bits left over.

    Raises `ValueError`.
    """
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not the one spelling of these bytes")
    return data


class SecretKeys:
    """The deployment's secrets, newest first, and the keys derived from them. Never prints its content."""

    def __init__(self, secret_values: Sequence[str]) -> None:
        if not secret_values:
            raise ValueError("at least one secret is needed")
        self._by_id = {_secret_id(value): value.encode() for value in secret_values}
        self._newest = _secret_id(secret_values[0])
        self._derived: dict[tuple[str, str], bytes] = {}

    def __repr__(self) -> str:
        return f"SecretKeys({', '.join(self._by_id)})"

    @property
    def newest_id(self) -> str:
        """The id of the secret that seals and signs now."""
        return self._newest

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all secrets, newest first. An id is 8 hex digits and gives nothing of the secret away."""
        return tuple(self._by_id)

    def derive(self, purpose: str, secret_id: str | None = None) -> bytes:
        """The 32-byte key for one purpose, from the secret with this id (default: the newest).

        Raises `KeyError` when no such secret is configured.
        """
        chosen = secret_id or self._newest
        found = self._derived.get((chosen, purpose))
        if found is None:
            found = _hkdf(self._by_id[chosen], purpose)
            self._derived[chosen, purpose] = found
        return found

    def mac(self, purpose: str, message: bytes, secret_id: str | None = None) -> bytes:
        """HMAC-SHA-256 of the message under the key of this purpose."""
        return hmac.new(self.derive(purpose, secret_id), message, hashlib.sha256).digest()

    def seal(self, plaintext: bytes, *, purpose: str, place: str) -> str:
        """Encrypt for rest. `place` (table and row id) must be given again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.derive("seal:" + purpose)).encrypt(nonce, plaintext, place.encode())
        return f"1.{self._newest}.{base64url(nonce + sealed)}"

    def is_newest(self, sealed: str) -> bool:
        """Whether a sealed value would be sealed by the same secret today."""
        return sealed.split(".", 2)[1:2] == [self._newest]

    def open(self, sealed: str, *, purpose: str, place: str) -> bytes:
        """Decrypt what `seal` made. Raises `SealBroken`, naming the id of the secret that is needed."""
        version, _, rest = sealed.partition(".")
        secret_id, _, body = rest.partition(".")
        if version != "1" or secret_id not in self._by_id:
            raise SealBroken(f"no configured secret has the id {secret_id or '?'}", secret_id=secret_id)
        key = AESGCM(self.derive("seal:" + purpose, secret_id))
        try:
            raw = _from_base64url(body)
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: cut short, or not as we spell base64url
            raise SealBroken(f"the value at {place} was altered or moved", secret_id=secret_id) from error


def _secret_id(secret: str) -> str:
    return _hkdf(secret.encode(), "id")[:4].hex()


def _hkdf(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"identity-broker", info=purpose.encode()).derive(secret)
