"""Turn the signing keys: next becomes current, current becomes retired, a new next is published.

A key is published for fifteen minutes before it signs, three times as long as backends may cache our JWK Set
(`max-age=300`), so no backend meets a token whose key it has never seen. All of it happens under the keys' lock; two
rotations at once are one.
"""

import json
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.errors import Conflict, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.keys import KeyState, SigningKey
from broker.protocol import jwt
from broker.protocol.jwks import public_jwk, thumbprint
from broker.sessions.ending import end_session
from broker.sessions.keyring import SEAL_PURPOSE, place
from broker.store import keys as key_rows
from broker.store import sessions as session_rows
from broker.store.base import Connection, Store

PUBLISH_SECONDS = 15 * 60
SIGNING_TAIL_SECONDS = 60
"""A server that has not followed yet may sign with the old key for so long."""
LATE_TOKEN_SECONDS = 60
"""A session that a callback made is signed for once more when its one-time code is redeemed, at most so much later."""


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What a rotation did: the key that signs now and the one that will."""

    current: str
    next: str


class Rotation:
    """The operator's hand on the keys."""

    def __init__(self, store: Store, secrets: SecretKeys, clock: Clock, *, algorithm: str) -> None:
        self._store = store
        self._secrets = secrets
        self._clock = clock
        self._algorithm = algorithm

    async def ensure(self) -> list[SigningKey]:
        """The keys of this deployment; made if there are none yet. Safe on several servers at once."""
        async with self._store.read() as connection:
            rows = await key_rows.signing_keys(connection)
        if any(row.state == "current" for row in rows) and any(row.state == "next" for row in rows):
            return rows
        first, second = self._generate(), self._generate()
        async with self._store.transaction() as connection:
            await key_rows.lock_keys(connection)
            present = {row.state for row in await key_rows.signing_keys(connection)}
            if "current" not in present:
                await self._insert(connection, first, state="current")
            if "next" not in present:
                await self._insert(connection, second, state="next")
            return await key_rows.signing_keys(connection)

    async def list(self) -> list[SigningKey]:
        """All keys, newest first."""
        async with self._store.read() as connection:
            rows = await key_rows.signing_keys(connection)
        return sorted(rows, key=lambda row: row.created_at, reverse=True)

    async def rotate(self, *, now: bool = False) -> Rotated:
        """Let the next key sign. Raises `Conflict`, saying when, if it was published too recently, unless `now`.

        Raises `SealBroken` with secrets that do not open the next key.
        """
        seen = await self._in_use()
        fresh = self._generate()
        async with self._store.transaction() as connection:
            await key_rows.lock_keys(connection)
            rows = {row.state: row for row in await key_rows.signing_keys(connection) if row.state != "retired"}
            if rows["current"].kid != seen:
                # Even with `now`: the key that would sign next was published a moment ago, to nobody.
                raise Conflict("somebody else rotated the keys just now")
            coming = rows["next"]
            # With a secret that the servers do not have, a turn would lock them out of their keys at the next start.
            self._secrets.open(coming.sealed_private, purpose=SEAL_PURPOSE, place=place(coming.kid))
            wait = coming.created_at + PUBLISH_SECONDS - self._clock.now()
            if wait > 0 and not now:
                raise Conflict(f"the next key has been published for too short a time: rotate in {_minutes(wait)}")
            at = self._clock.now()
            await self._move(connection, rows["current"], to="retired", retired_at=at)
            await self._move(connection, coming, to="current", activated_at=at)
            await self._insert(connection, fresh, state="next")
            await self._record(connection, Event.KEY_ROTATED, coming.kid)
        return Rotated(current=coming.kid, next=fresh.kid)

    async def retire(self, kid: str, *, end_sessions: bool = False) -> int:
        """Stop accepting a retired key; answers how many sessions that ended.

        Raises `NotFound`, and `Conflict` for a key that is not retired; unless `end_sessions` also for one whose
        sessions live, or with which a server may still be signing.
        """
        async with self._store.transaction() as connection:
            await key_rows.lock_keys(connection)
            rows = {row.kid: row for row in await key_rows.signing_keys(connection)}
            key = rows.get(kid)
            if key is None:
                raise NotFound(f"there is no key {kid}")
            if key.state != "retired" or key.retired_at is None:
                raise Conflict(f"key {kid} is {key.state}; rotate first, then retire it")
            living = await _living_by(connection, key, key.retired_at, now=self._clock.now())
            if living and not end_sessions:
                raise Conflict(f"{len(living)} sessions live by key {kid}; --end-sessions ends them")
            wait = key.retired_at + SIGNING_TAIL_SECONDS - self._clock.now()
            if wait > 0 and not end_sessions:
                raise Conflict(f"servers may still sign with key {kid}: retire it in {_minutes(wait)}")
            for session_id in living:
                await end_session(connection, session_id, clock=self._clock, actor="operator", reason="key_retired")
            await key_rows.delete_signing_key(connection, kid)
            await self._record(connection, Event.KEY_RETIRED, kid)
        return len(living)

    async def _in_use(self) -> str | None:
        """The key that signs at this moment."""
        return next((row.kid for row in await self.list() if row.state == "current"), None)

    async def _move(
        self,
        connection: Connection,
        key: SigningKey,
        *,
        to: KeyState,
        activated_at: int | None = None,
        retired_at: int | None = None,
    ) -> None:
        moved = await key_rows.change_key_state(
            connection,
            key.kid,
            state=to,
            activated_at=activated_at or key.activated_at,
            retired_at=retired_at,
            expected=key.state,
        )
        if not moved:
            raise Conflict("somebody else is turning the keys")

    def _generate(self) -> SigningKey:
        private_key, kid = new_key(self._algorithm)
        pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = public_jwk(private_key.public_key(), kid=kid, algorithm=self._algorithm)
        return SigningKey(
            kid=kid,
            algorithm=self._algorithm,
            state="next",
            public_jwk=json.dumps(public, separators=(",", ":")),
            sealed_private=self._secrets.seal(pem, purpose=SEAL_PURPOSE, place=place(kid)),
            created_at=self._clock.now(),
            activated_at=None,
            retired_at=None,
        )

    async def _insert(self, connection: Connection, key: SigningKey, *, state: KeyState) -> None:
        at = self._clock.now() if state == "current" else None
        row = replace(key, state=state, activated_at=at)
        await key_rows.insert_signing_key(connection, row)
        await self._record(connection, Event.KEY_CREATED, key.kid)

    async def _record(self, connection: Connection, event: Event, kid: str) -> None:
        await record(connection, event, clock=self._clock, actor="operator", kid=kid)


async def _living_by(connection: Connection, key: SigningKey, retired_at: int, *, now: int) -> list[str]:
    """The living sessions whose tokens this key may have signed."""
    return await session_rows.ids_created_between(
        connection,
        since=(key.activated_at or key.created_at) - LATE_TOKEN_SECONDS,
        until=retired_at + SIGNING_TAIL_SECONDS,
        now=now,
    )


def new_key(algorithm: str) -> tuple[jwt.PrivateKey, str]:
    """A key and its `kid` (RFC 7638); none that begins with a dash, which a command line would take for an option."""
    while True:
        private_key = _new_private_key(algorithm)
        kid = thumbprint(private_key.public_key())
        if not kid.startswith("-"):
            return private_key, kid


def _new_private_key(algorithm: str) -> jwt.PrivateKey:
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
