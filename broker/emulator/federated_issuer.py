"""A second issuer, of nobody in particular: what a Kubernetes cluster or a build service is to Microsoft.

Its tokens come by control only (`POST /_control/federated_tokens`); a federated credential that names `issuer_of(base)`
trusts them. Source: Microsoft's documentation of workload identity federation.
"""

import asyncio
import uuid
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from broker.emulator.clock import Clock
from broker.emulator.jws import signed_jws
from broker.emulator.keys import KeyClass, SigningKey, make_key

PATH = "/_federated"


def issuer_of(base: str) -> str:
    """The issuer's name, as a federated credential spells it."""
    return base + PATH


class FederatedIssuer:
    """The issuer's key and what it signs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key: SigningKey | None = None
        self._lock = asyncio.Lock()

    async def key(self) -> SigningKey:
        """The one key, made the first time somebody needs it."""
        async with self._lock:
            if self._key is None:
                self._key = await asyncio.to_thread(make_key, key_class=KeyClass.WORK, now=self._clock.datetime())
            return self._key

    async def public_keys(self) -> Mapping[str, RSAPublicKey]:
        """What it publishes, by `kid`."""
        key = await self.key()
        return {key.kid: key.private.public_key()}

    async def issue(self, *, issuer: str, subject: str, audience: str, lifetime: int) -> str:
        """A token for this subject; a negative lifetime makes one that has expired."""
        key, now = await self.key(), int(self._clock.now())
        claims = {
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": min(now, now + lifetime),
            "nbf": min(now, now + lifetime),
            "exp": now + lifetime,
            "jti": str(uuid.uuid4()),
        }
        return signed_jws({"alg": "RS256", "typ": "JWT", "kid": key.kid}, claims, key.private)
