"""Our signing keys in memory: sign, verify, publish; loaded from the store and followed while running.

A key is `next` (published, not signing yet), `current` (signs) or `retired` (verifies until nobody needs it). Private
keys rest sealed. Parsing one costs some 40 ms, so it is done once a key; a lookup costs nothing. Turning the keys is
`sessions/rotation`.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.errors import NotAuthenticated, SealBroken, StoreUnavailable, TokenInvalid
from broker.models.keys import SigningKey
from broker.protocol import jwt
from broker.protocol.jwks import public_jwk, thumbprint
from broker.sessions.key_certificates import certified
from broker.store import keys as key_rows
from broker.store.base import Store

SEAL_PURPOSE = "signing-key"
FOLLOW_SECONDS = 30
"""How often a running server reads the keys again; everybody has followed a rotation within 60 seconds."""
MOST_AGE = 2 * FOLLOW_SECONDS
"""Seconds after which a server that could not follow the keys is not ready: its tokens may be unknown elsewhere."""
UNKNOWN_KEY_COOL_DOWN = 1.0
"""Seconds between two reads because of an unknown `kid`, so that made-up ones cannot hammer the database."""


def place(kid: str) -> str:
    """Where a sealed private key lies: the associated data of its seal."""
    return f"signing_keys:{kid}"


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    kid: str
    algorithm: str
    private_key: jwt.PrivateKey
    public_key: jwt.PublicKey
    public_jwk: Mapping[str, str]
    is_ours: bool
    created_at: int


@dataclass(frozen=True, kw_only=True)
class _Generation:
    current: _Loaded
    by_kid: Mapping[str, _Loaded]
    jwks: bytes
    algorithms: frozenset[str]


class Keyring:
    """The keys of this deployment, as this process knows them."""

    def __init__(self, store: Store, secrets: SecretKeys, clock: Clock) -> None:
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._parsed: dict[str, _Loaded] = {}
        self._generation: _Generation | None = None
        self._read_at = float("-inf")
        self._known_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._certified: tuple[_Generation, bytes] | None = None

    @property
    def age(self) -> float:
        """Seconds since the keys were last known to be those of the store."""
        return self._clock.monotonic() - self._known_at

    @property
    def algorithms(self) -> frozenset[str]:
        """What is signed with, now and after the next rotation: keys keep the algorithm that they were made with."""
        return self._now.algorithms

    @property
    def jwks(self) -> bytes:
        """The public keys as the JSON of a JWK Set (RFC 7517 section 5)."""
        return self._now.jwks

    @property
    def certified_jwks(self) -> bytes:
        """The RSA keys that were made here, each with a certificate: for clients that read no others. Made once a
        generation. Whoever had another product's key could sign for clients that ask nobody but this set.
        """
        now = self._now
        if self._certified is None or self._certified[0] is not now:
            keys = [
                certified(key.public_jwk, key.private_key, created_at=key.created_at)
                for key in now.by_kid.values()
                if isinstance(key.private_key, RSAPrivateKey) and key.is_ours
            ]
            self._certified = now, json.dumps({"keys": keys}, separators=(",", ":")).encode()
        return self._certified[1]

    @property
    def generation(self) -> object:
        """Changes identity whenever keys changed; what was verified under an older one must be verified again."""
        return self._now

    async def refresh(self) -> None:
        """Read the keys again. Raises `SealBroken` when no configured secret opens one, `StoreUnavailable`."""
        self._read_at = self._clock.monotonic()
        async with self._store.read() as connection:
            rows = await key_rows.signing_keys(connection)
        self.adopt(rows)

    def adopt(self, rows: Sequence[SigningKey]) -> None:
        """Take these rows as the keys. Without a change nothing happens; raises like `refresh`, and changes nothing."""
        if self._generation is None or not _same(rows, self._generation):
            self._generation = self._next_generation(rows)
        self._known_at = self._clock.monotonic()

    def _next_generation(self, rows: Sequence[SigningKey]) -> _Generation:
        current = next((row.kid for row in rows if row.state == "current"), None)
        if current is None:
            raise StoreUnavailable("the database holds no current signing key")
        parsed = {row.kid: self._parsed.get(row.kid) or self._parse(row) for row in rows}
        self._parsed = parsed
        return _Generation(
            current=parsed[current],
            by_kid=parsed,
            jwks=json.dumps({"keys": [key.public_jwk for key in parsed.values()]}, separators=(",", ":")).encode(),
            algorithms=frozenset(row.algorithm for row in rows if row.state != "retired"),
        )

    def sign(self, claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
        """A compact JWS over these claims, by the current key. `typ` keeps kinds of tokens apart (RFC 8725 3.11)."""
        key = self._now.current
        return jwt.sign(claims, private_key=key.private_key, kid=key.kid, algorithm=key.algorithm, typ=typ)

    async def verify(self, unverified_token: str, *, typ: str = "JWT") -> dict[str, Any]:
        """The payload, if one of our keys signed it as a token of this kind; the plain kind need not say so.

        Raises `NotAuthenticated`; claims are still to be judged.
        """
        try:
            header = jwt.read_header(unverified_token)
            key = await self._key(header.kid)
            if header.alg != key.algorithm or header.typ not in ((None, typ) if typ == "JWT" else (typ,)):
                raise NotAuthenticated(f"a token with alg {key.algorithm} and typ {typ} was expected")
            return jwt.verified_payload(unverified_token, key=key.public_key, algorithm=key.algorithm)
        except TokenInvalid as error:
            raise NotAuthenticated(f"session token refused: {error.check}") from error

    async def _key(self, unverified_kid: str | None) -> _Loaded:
        if unverified_kid is None:
            raise NotAuthenticated("session token without kid")
        found = self._now.by_kid.get(unverified_kid)
        if found is None:
            await self._read_again()
            found = self._now.by_kid.get(unverified_kid)
        if found is None:
            raise NotAuthenticated("session token of an unknown key")
        if not found.is_ours:
            # Whoever got hold of another product's key would sign for any session whose id they have seen.
            raise NotAuthenticated("session token of a key that was not made here")
        return found

    async def _read_again(self) -> None:
        """Read the keys because of an unknown `kid`. Whoever comes while that goes on waits for the same answer:
        "not signed in" is not said of a key that we have not looked for.
        """
        if self._reading is None:
            if self._clock.monotonic() - self._read_at < UNKNOWN_KEY_COOL_DOWN:
                return
            self._reading = asyncio.create_task(self._refresh_once())
        await asyncio.shield(self._reading)

    async def _refresh_once(self) -> None:
        try:
            await self.refresh()
        except BaseException:
            self._read_at = float("-inf")
            raise
        finally:
            self._reading = None

    def _parse(self, row: SigningKey) -> _Loaded:
        """The key of this row. What is published is made from the sealed half, and must be what the row says: whoever
        can write rows, but has no secret of ours, cannot publish a key of theirs.
        """
        pem = self._secrets.open(row.sealed_private, purpose=SEAL_PURPOSE, place=place(row.kid))
        # Its arithmetic was right when we made it and the seal says that it is the same: proving it anew takes 40 ms.
        private_key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(private_key, jwt.PrivateKey) or not jwt.fits_private(private_key, row.algorithm):
            raise SealBroken(f"key {row.kid} does not sign {row.algorithm}", secret_id="")
        public_key = private_key.public_key()
        published = public_jwk(public_key, kid=row.kid, algorithm=row.algorithm)
        if json.loads(row.public_jwk) != published:
            raise SealBroken(f"the public half of key {row.kid} was altered", secret_id="")
        return _Loaded(
            kid=row.kid,
            algorithm=row.algorithm,
            private_key=private_key,
            public_key=public_key,
            public_jwk=published,
            is_ours=row.kid == thumbprint(public_key),  # every key made here is named so
            created_at=row.created_at,
        )

    @property
    def _now(self) -> _Generation:
        if self._generation is None:
            raise RuntimeError("the keyring was not loaded")
        return self._generation


def _same(rows: Sequence[SigningKey], generation: _Generation) -> bool:
    current = next((row.kid for row in rows if row.state == "current"), None)
    return current == generation.current.kid and {row.kid for row in rows} == set(generation.by_kid)
