"""A self-signed certificate with its key, as one is uploaded to a registration, and assertions signed by it."""

import base64
import datetime
import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, kw_only=True)
class Certified:
    """A key pair and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, *, key_size: int = 2048, days: int = 30) -> "Certified":
        """A negative number of days makes one that has run out."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client.example")])
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=90))
        builder = builder.not_valid_after(now + datetime.timedelta(days=days))
        return cls(key=key, certificate=builder.sign(key, hashes.SHA256()))

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def thumbprint(self, name: str) -> str:
        """`x5t` or `x5t#S256`."""
        der = self.certificate.public_bytes(Encoding.DER)
        digest = hashlib.sha1(der).digest() if name == "x5t" else hashlib.sha256(der).digest()  # noqa: S324 - x5t
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def assertion(
        self,
        *,
        client_id: str,
        audience: object,
        alg: str = "PS256",
        thumbprint: str = "x5t#S256",
        header: dict[str, object] | None = None,
        **changes: object,
    ) -> str:
        """A client assertion; a claim that is changed to None is left out, as is a member of the header."""
        now = int(time.time())
        claims: dict[str, Any] = {"aud": audience, "iss": client_id, "sub": client_id, "jti": str(uuid.uuid4())}
        claims |= {"nbf": now, "iat": now, "exp": now + 300, **changes}
        members = {thumbprint: self.thumbprint(thumbprint), **(header or {})}
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self.key,
            algorithm=alg,
            headers={name: value for name, value in members.items() if value is not None},
        )
