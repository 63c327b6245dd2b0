"""A session from issue to end: issue, check, touch, list, revoke.

The row decides, the token only proves: each check reads the row, so a session that was revoked anywhere is refused at
once everywhere. When the store cannot be asked the answer is `StoreUnavailable` (503), never "not signed in".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from broker.clock import Clock
from broker.crypto import new_id, token_hash
from broker.errors import NotAuthenticated, NotFound
from broker.models.events import NOBODY, Requester
from broker.models.sessions import NOTHING_AT_PROVIDER, AtProvider, Session
from broker.models.users import UserProfile
from broker.sessions.ending import end_session, record_end
from broker.sessions.keyring import Keyring
from broker.sessions.token import MOST_BYTES, SessionClaims, TokenRules, claims_of, read, shed
from broker.store import sessions as rows
from broker.store.base import Connection, Store
from broker.store.metadata import metadata

TOUCH_SECONDS = 60
"""`last_used_at` is written at most this often, so that checking a session does not write each time."""
_CACHED_TOKENS = 10_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long sessions live (seconds) and how many one user may have."""

    lifespan: int
    idle_timeout: int | None
    most_per_user: int

    def idle_expires_at(self, session: Session) -> int | None:
        """When the session ends unless it is used, capped by its absolute end."""
        if self.idle_timeout is None:
            return None
        return min(session.last_used_at + self.idle_timeout, session.expires_at)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a new session came about: by which sign-in, in which browser; for which application, and its `lifespan`
    (seconds) where that is not the operator's.
    """

    provider: str
    identity_id: str | None
    emulator: bool
    sign_in_hash: str | None
    user_agent: str | None
    ip_address: str | None
    at_provider: AtProvider = NOTHING_AT_PROVIDER
    amr: tuple[str, ...] = ()
    client_id: str | None = None
    organization_id: str | None = None
    lifespan: int | None = None


@dataclass(frozen=True, kw_only=True)
class LiveSession:
    """A session that was found alive just now, with what its token says."""

    session: Session
    claims: SessionClaims
    token: str


class Sessions:
    """The sessions of this deployment. `is_emulator_admitted`: whether an emulator stands in for a provider now."""

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        clock: Clock,
        *,
        rules: TokenRules,
        limits: Limits,
        is_emulator_admitted: Callable[[str], bool],
    ) -> None:
        self.limits = limits
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._rules = rules
        self.is_emulator_admitted = is_emulator_admitted
        self._verified: dict[str, SessionClaims] = {}
        self._verified_under: object = None

    async def issue(self, connection: Connection, profile: UserProfile, origin: Origin) -> Session:
        """Insert a session in the caller's transaction, which holds the user's row; the oldest beyond the limit end.

        They make room before the new one comes: it stays, whatever another server's clock wrote into the others.
        """
        now = self._clock.now()
        evicted = await rows.evict_oldest(connection, profile.user.id, keep=self.limits.most_per_user - 1, now=now)
        session = Session(
            id=new_id(self._clock.now_ms()),
            user_id=profile.user.id,
            identity_id=origin.identity_id,
            provider=origin.provider,
            emulator=origin.emulator,
            sign_in_hash=origin.sign_in_hash,
            created_at=now,
            last_used_at=now,
            expires_at=now + (origin.lifespan or self.limits.lifespan),
            user_agent=origin.user_agent,
            ip_address=origin.ip_address,
            at_provider=origin.at_provider,
            amr=origin.amr,
            client_id=origin.client_id,
            organization_id=origin.organization_id,
        )
        await rows.insert_session(connection, session)
        session = await self.with_metadata(connection, session)
        for each in evicted:
            await record_end(connection, each, clock=self._clock, reason="limit")
        return session

    async def with_metadata(self, connection: Connection, session: Session) -> Session:
        """The session with what templates of claims ask for, or an application is told with it; otherwise that costs
        nothing.
        """
        if session.client_id is None and not self._rules.templates.needs_metadata:
            return session
        return replace(session, metadata=await metadata(connection, session.user_id))

    def token_for(self, session: Session, profile: UserProfile) -> str:
        """The signed token of a session; may be made again for the same session.

        A browser drops a cookie that is too long, without a word. Lists that make it so stay in the session's row.
        """
        claims = claims_of(session, profile, self._rules)
        token = self._keyring.sign(claims)
        while len(token) > self._rules.most_bytes and shed(claims, self._rules.templates):
            token = self._keyring.sign(claims)
        return token

    def claims_for(self, session: Session, profile: UserProfile) -> dict[str, Any]:
        """What the token of a session says, for who is told it beside the token."""
        return claims_of(session, profile, self._rules)

    async def check(self, unverified_token: str) -> LiveSession:
        """The living session of this token. Raises `NotAuthenticated`, `StoreUnavailable`."""
        claims = await self._claims(unverified_token)
        async with self._store.read() as connection:
            session = await rows.session(connection, claims.session_id)
        if session is None or session.user_id != claims.user_id:
            raise NotAuthenticated("the session has ended")
        self.require_alive(session)
        return LiveSession(session=session, claims=claims, token=unverified_token)

    async def touch(self, live: LiveSession) -> LiveSession:
        """Note that the session was used, so that it does not fall idle."""
        now = self._clock.now()
        step = min(TOUCH_SECONDS, (self.limits.idle_timeout or TOUCH_SECONDS * 10) // 10)
        if now - live.session.last_used_at < max(step, 1):
            return live
        async with self._store.transaction() as connection:
            await rows.touch_session(connection, live.session.id, now=now)
            fresh = await rows.session(connection, live.session.id)
        if fresh is None:
            raise NotAuthenticated("the session has ended")
        return LiveSession(session=fresh, claims=live.claims, token=live.token)

    async def list_of(self, user_id: str) -> list[Session]:
        """The user's living sessions, newest first."""
        async with self._store.read() as connection:
            found = await rows.sessions_of(connection, user_id, now=self._clock.now())
        return [session for session in found if not self._is_foreign(session) and not self._is_idle(session)]

    async def end(
        self,
        session_id: str,
        *,
        user_id: str | None,
        reason: str,
        requester: Requester = NOBODY,
        actor: str = "user",
        api_key: str | None = None,
    ) -> None:
        """End one session (of this user, if one is given), by a key of the admin API maybe. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            ended = await end_session(
                connection,
                session_id,
                clock=self._clock,
                user_id=user_id,
                reason=reason,
                actor=actor,
                requester=requester,
                api_key=api_key,
            )
            if ended is None:
                raise NotFound("there is no such session")

    async def end_carried(self, connection: Connection, session_ids: Iterable[str]) -> None:
        """End the sessions that a browser carried, in the transaction that gives it another."""
        for session_id in session_ids:
            await end_session(connection, session_id, clock=self._clock, reason="replaced")

    async def carried(self, unverified_tokens: Iterable[str]) -> frozenset[str]:
        """The ids of the sessions that a browser carries, by their tokens' signatures alone.

        More than one means that somebody planted one. All of them end when the browser gets another: whatever
        remained would stand beside the new one, and neither would count.
        """
        found = set()
        for token in unverified_tokens:
            try:
                found.add((await self._claims(token)).session_id)
            except NotAuthenticated:
                continue
        return frozenset(found)

    async def _claims(self, unverified_token: str) -> SessionClaims:
        """What the token says, its signature verified once a token and generation of keys."""
        if len(unverified_token) > MOST_BYTES:
            raise NotAuthenticated("session token too long")
        if self._verified_under is not self._keyring.generation or len(self._verified) > _CACHED_TOKENS:
            self._verified_under = self._keyring.generation
            self._verified = {}
        key = token_hash(unverified_token)
        found = self._verified.get(key)
        if found is None:
            payload = await self._keyring.verify(unverified_token)
            found = read(payload, self._rules, now=self._clock.now())
            self._verified[key] = found
        elif self._clock.now() >= found.expires_at:
            raise NotAuthenticated("session token expired")
        return found

    def require_alive(self, session: Session) -> None:
        """Judge the row, and leave it: deleting it here could end a session that was used in the same moment.

        Raises `NotAuthenticated`.
        """
        if self._clock.now() >= session.expires_at:
            raise NotAuthenticated("the session has expired")
        if self._is_foreign(session):
            raise NotAuthenticated("the session is an emulator's, which does not count here")
        if self._is_idle(session):
            raise NotAuthenticated("the session was idle for too long")

    def _is_foreign(self, session: Session) -> bool:
        return session.emulator and not self.is_emulator_admitted(session.provider)

    def _is_idle(self, session: Session) -> bool:
        ends = self.limits.idle_expires_at(session)
        return ends is not None and self._clock.now() >= ends
