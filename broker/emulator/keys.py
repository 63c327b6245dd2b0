"""Signing keys of the two classes Microsoft has: work accounts' and personal accounts', one signing and one in waiting.

Made anew at each start and kept nowhere. What is published of them, and how control disturbs that, is in `key_set`.
"""

import asyncio
import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from broker.emulator.clock import Clock
from broker.emulator.jws import b64url

_WORK_SUBJECT = "accounts.accesscontrol.windows.net"
_PERSONAL_SUBJECT = "Live ID STS Signing Public Key"
_VALIDITY = datetime.timedelta(days=5 * 365)


class KeyName(StrEnum):
    """The keys at any moment. The stranger's is never published: it signs what nobody may believe."""

    WORK = "work"
    WORK_NEXT = "work_next"
    PERSONAL = "personal"
    PERSONAL_NEXT = "personal_next"
    STRANGER = "stranger"


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key with its certificate. `kid` is the certificate's SHA-1 thumbprint, 27 characters, as `x5t` is."""

    private: rsa.RSAPrivateKey
    certificate: bytes
    personal: bool

    @cached_property
    def kid(self) -> str:
        """The key's id."""
        return b64url(hashlib.sha1(self.certificate).digest())  # noqa: S324 - x5t is SHA-1 by RFC 7517 section 4.8

    @cached_property
    def modulus(self) -> str:
        """`n` of the published key."""
        n = self.private.public_key().public_numbers().n
        return b64url(n.to_bytes((n.bit_length() + 7) // 8, "big"))

    @cached_property
    def public_pem(self) -> bytes:
        """The public half as PEM: the secret an attacker uses who has a verifier take HS256."""
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def make_key(*, personal: bool, now: datetime.datetime) -> SigningKey:
    """A fresh RSA key of 2,048 bit with a self-signed certificate; takes some 50 ms."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = _PERSONAL_SUBJECT if personal else _WORK_SUBJECT
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _VALIDITY)
        .sign(private, hashes.SHA256())
    )
    return SigningKey(
        private=private, certificate=certificate.public_bytes(serialization.Encoding.DER), personal=personal
    )


class Keys:
    """The keys in force, made in a thread the first time somebody needs them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._named: dict[KeyName, SigningKey] = {}
        self._retired: list[SigningKey] = []
        self._lock = asyncio.Lock()

    async def ready(self) -> None:
        """Return when there are keys; whoever comes first makes them."""
        if not self._named:
            async with self._lock:
                if not self._named:
                    self._named = await asyncio.to_thread(self._make_all)

    def adopt(self, keys: Mapping[KeyName, SigningKey]) -> None:
        """Begin with these keys instead of making some, for those who start many emulators."""
        self._named = dict(keys)

    def in_force(self) -> Mapping[KeyName, SigningKey]:
        """The keys by name; `ready` must have been awaited."""
        return dict(self._named)

    def named(self, name: KeyName) -> SigningKey:
        """One key by its name; `ready` must have been awaited."""
        if name not in self._named:
            self._named[name] = self._make(name)  # the stranger, made only for those who ask
        return self._named[name]

    def published(self) -> list[SigningKey]:
        """All keys a verifier should accept, retired ones last."""
        return [key for name, key in self._named.items() if name is not KeyName.STRANGER] + self._retired

    def now(self) -> datetime.datetime:
        """The time by which certificates are dated."""
        return self._clock.datetime()

    async def rotate(self) -> None:
        """The keys in waiting sign from now on, new ones wait, and the old ones stay published."""
        await self.ready()
        fresh = await asyncio.to_thread(self._make_all)
        old = self._named
        self._retired += [old[KeyName.WORK], old[KeyName.PERSONAL]]
        self._named = old | {
            KeyName.WORK: old[KeyName.WORK_NEXT],
            KeyName.WORK_NEXT: fresh[KeyName.WORK_NEXT],
            KeyName.PERSONAL: old[KeyName.PERSONAL_NEXT],
            KeyName.PERSONAL_NEXT: fresh[KeyName.PERSONAL_NEXT],
        }

    async def replace_all(self) -> None:
        """An emergency: every key is new and no old one is published any more."""
        self._named, self._retired = await asyncio.to_thread(self._make_all), []

    def _make_all(self) -> dict[KeyName, SigningKey]:
        return {name: self._make(name) for name in KeyName if name is not KeyName.STRANGER}

    def _make(self, name: KeyName) -> SigningKey:
        personal = name in (KeyName.PERSONAL, KeyName.PERSONAL_NEXT)
        return make_key(personal=personal, now=self.now())
