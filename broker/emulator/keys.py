"""Signing keys of the classes Microsoft has: of work accounts, of personal accounts and of each national cloud, of each
class one signing and one in waiting; and keys that single applications have to themselves.

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

_VALIDITY = datetime.timedelta(days=5 * 365)


class KeyClass(StrEnum):
    """What a key signs for."""

    WORK = "work"
    PERSONAL = "personal"
    GOVERNMENT = "government"
    CHINA = "china"


_SUBJECTS: Mapping[KeyClass, str] = {
    KeyClass.WORK: "accounts.accesscontrol.windows.net",
    KeyClass.PERSONAL: "Live ID STS Signing Public Key",
    KeyClass.GOVERNMENT: "login.microsoftonline.us",
    KeyClass.CHINA: "login.partner.microsoftonline.cn",
}


class KeyName(StrEnum):
    """The keys at any moment. The stranger's is never published: it signs what nobody may believe."""

    WORK = "work"
    WORK_NEXT = "work_next"
    PERSONAL = "personal"
    PERSONAL_NEXT = "personal_next"
    GOVERNMENT = "government"
    GOVERNMENT_NEXT = "government_next"
    CHINA = "china"
    CHINA_NEXT = "china_next"
    STRANGER = "stranger"

    @property
    def key_class(self) -> KeyClass:
        """The class it belongs to; the stranger pretends to be of work accounts."""
        return KeyClass.WORK if self is KeyName.STRANGER else KeyClass(self.value.removesuffix("_next"))


IN_GLOBAL_SET = (KeyClass.WORK, KeyClass.PERSONAL, KeyClass.GOVERNMENT)
"""The classes in the global cloud's `common` key set: the government's are among them."""

_LAZY = (KeyName.CHINA, KeyName.CHINA_NEXT, KeyName.STRANGER)
"""Made for those who ask."""


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key with its certificate. `kid` is the certificate's SHA-1 thumbprint, 27 characters, as `x5t` is."""

    private: rsa.RSAPrivateKey
    certificate: bytes
    key_class: KeyClass

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


def make_key(*, key_class: KeyClass, now: datetime.datetime) -> SigningKey:
    """A fresh RSA key of 2,048 bit with a self-signed certificate; takes some 50 ms."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _SUBJECTS[key_class])])
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
        private=private, certificate=certificate.public_bytes(serialization.Encoding.DER), key_class=key_class
    )


class Keys:
    """The keys in force, made in a thread the first time somebody needs them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._named: dict[KeyName, SigningKey] = {}
        self._further: list[SigningKey] = []
        self._of_applications: dict[str, SigningKey] = {}
        self._lock = asyncio.Lock()

    async def ready(self, *classes: KeyClass) -> None:
        """Return when there are keys of these classes, by default the global cloud's; who comes first makes them."""
        wanted = [
            name for name in KeyName if name is not KeyName.STRANGER and name.key_class in (classes or IN_GLOBAL_SET)
        ]
        if all(name in self._named for name in wanted):
            return
        async with self._lock:
            missing = [name for name in wanted if name not in self._named]
            self._named |= await asyncio.to_thread(lambda: {name: self._make(name) for name in missing})

    def adopt(self, keys: Mapping[KeyName, SigningKey]) -> None:
        """Begin with these keys instead of making some, for those who start many emulators."""
        self._named = dict(keys)

    def in_force(self) -> Mapping[KeyName, SigningKey]:
        """The keys by name; `ready` must have been awaited."""
        return dict(self._named)

    def named(self, name: KeyName) -> SigningKey:
        """One key by its name; `ready` must have been awaited."""
        if name not in self._named:
            self._named[name] = self._make(name)
        return self._named[name]

    def of_application(self, client_id: str) -> SigningKey | None:
        """The key that an application has to itself; None for most."""
        return self._of_applications.get(client_id)

    async def give_application(self, client_id: str) -> None:
        """Sign this application's tokens by a key of its own from now on."""
        self._of_applications[client_id] = await asyncio.to_thread(make_key, key_class=KeyClass.WORK, now=self.now())

    def take_from_applications(self) -> None:
        """Leave no application a key of its own."""
        self._of_applications.clear()

    def published(self, *classes: KeyClass) -> list[SigningKey]:
        """All keys of these classes that a verifier should accept, retired and added ones last."""
        named = [key for name, key in self._named.items() if name is not KeyName.STRANGER]
        return [key for key in (*named, *self._further) if key.key_class in (classes or IN_GLOBAL_SET)]

    def now(self) -> datetime.datetime:
        """The time by which certificates are dated."""
        return self._clock.datetime()

    async def rotate(self) -> None:
        """The keys in waiting sign from now on, new ones wait, and the old ones stay published."""
        await self.ready()
        fresh = await asyncio.to_thread(self._make_all)
        for name in [name for name in KeyName if f"{name}_next" in self._named]:
            waiting = KeyName(f"{name}_next")
            self._further.append(self._named[name])
            self._named[name] = self._named[waiting]
            self._named[waiting] = fresh.get(waiting) or self._make(waiting)

    async def replace_all(self) -> None:
        """An emergency: every key is new and no old one is published any more."""
        self._named, self._further, self._of_applications = await asyncio.to_thread(self._make_all), [], {}

    async def add(self, key_class: KeyClass) -> None:
        """Publish one more key of a class."""
        await self.ready()
        self._further.append(await asyncio.to_thread(make_key, key_class=key_class, now=self.now()))

    def _make_all(self) -> dict[KeyName, SigningKey]:
        return {name: self._make(name) for name in KeyName if name not in _LAZY}

    def _make(self, name: KeyName) -> SigningKey:
        return make_key(key_class=name.key_class, now=self.now())
