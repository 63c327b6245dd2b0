"""Refresh tokens: an application renews what it has of a session, and gets another token each time.

A token's successor is derived from it under the key of its family, so that only hashes rest, and tabs that renew the
same token at once get the same one. Whoever brings it later, or once its successor was used, has a copy, and nobody can
tell which of the two is the thief: the session ends (RFC 9700 section 4.14.2). What an answer says is the face's.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from broker.clock import Clock
from broker.crypto import SecretKeys, base64url, opaque_token, token_hash
from broker.errors import GrantRefused, NotAuthenticated, SealBroken
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.browsers import Browser
from broker.models.events import Requester
from broker.models.refresh_tokens import RefreshFamily, RefreshToken
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.sessions.ending import end_session
from broker.sessions.lifecycle import Sessions
from broker.store import memberships, organizations, users
from broker.store import refresh_tokens as rows
from broker.store import sessions as session_rows
from broker.store.base import Connection, Store

GRACE_SECONDS = 10
"""For so long the application may bring a used token again: its tabs race, and answers get lost."""
REPEAT_SECONDS = 60
"""The same for the very same request, by a name that only who sent it can know (`Refresh.request_name`)."""
MOST_USED = 10_000
"""Used tokens of a session that are told from unknown ones: more than a month brings, renewed every five minutes."""
_SEEN_TO = "00"
_PURPOSE = "refresh_family"
_UNKNOWN = "The refresh token is unknown, or not this client's."
_ENDED = "The session has ended."
_USED = "The refresh token was already exchanged."


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """A request to renew. `confidential`: whoever asks has proven to be the application of this client id.

    `request_name`: what all tries of one request have in common and nobody else's has. `organization_id`: where the
    session is to act from now on, if that is not where it does.
    """

    unverified_token: str = field(repr=False)
    client_id: str
    confidential: bool
    request_name: str | None = field(default=None, repr=False)
    organization_id: str | None = None
    browser: Browser = field(default_factory=Browser)


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """The session, whose it is, and the token to bring next time."""

    session: Session
    profile: UserProfile
    refresh_token: str = field(repr=False)


class RefreshTokens:
    """The families of this deployment."""

    def __init__(
        self, store: Store, sessions: Sessions, secrets: SecretKeys, clock: Clock, *, most_used: int = MOST_USED
    ) -> None:
        self._most_used = most_used
        self._store = store
        self._sessions = sessions
        self._secrets = secrets
        self._clock = clock

    async def begin(self, connection: Connection, session: Session, *, client_id: str, confidential: bool) -> str:
        """The first token of a session, in the transaction that makes the session."""
        first = opaque_token()
        family = RefreshFamily(
            session_id=session.id,
            client_id=client_id,
            confidential=confidential,
            sealed_key=self._sealed(session.id, opaque_token().encode()),
        )
        await rows.insert_family(connection, family)
        await rows.insert_token(connection, self._row(first, session.id))
        return first

    async def rotate(self, request: Refresh) -> Refreshed:
        """Renew: the same session and another token. Raises `GrantRefused`, `StoreUnavailable`."""
        async with self._store.read() as connection:
            family = await rows.family_of(connection, token_hash(request.unverified_token))
        if family is None:
            raise GrantRefused(_UNKNOWN)
        _require_client(family, request)
        successor = self._successor(family, request.unverified_token)
        async with self._store.transaction() as connection:
            if request.organization_id is not None:
                await _hold_membership(connection, family, request.organization_id)
            session, profile = await self._living(connection, family)
            is_first = await self._is_first_use(connection, request)
            if is_first or not await self._is_used_up(connection, request, successor):
                session = await _acting(connection, session, request.organization_id)
                if is_first:
                    await self._renew(connection, family, successor)
                return Refreshed(session=session, profile=profile, refresh_token=successor)
            await self._end(connection, session, request)
        raise GrantRefused(_USED, security="refresh_reuse")

    async def end_carried(
        self, connection: Connection, unverified_tokens: Iterable[str], *, client_id: str, requester: Requester
    ) -> None:
        """End the sessions that a page renews by these tokens, in the transaction that gives it another: whoever copied
        one would renew unseen, since its owner never brings it again. What began with a secret is no page's.
        """
        for token in unverified_tokens:
            family = await rows.family_of(connection, token_hash(token))
            if family is not None and family.client_id == client_id and not family.confidential:
                await end_session(
                    connection, family.session_id, clock=self._clock, reason="replaced", requester=requester
                )

    async def is_known(self, unverified_token: str) -> bool:
        """Whether the token, used or not, is of a session that has not ended."""
        async with self._store.read() as connection:
            return await rows.family_of(connection, token_hash(unverified_token)) is not None

    async def _living(self, connection: Connection, family: RefreshFamily) -> tuple[Session, UserProfile]:
        """The family's session, ours alone until the transaction ends, and its user."""
        session = await session_rows.lock_session_row(connection, family.session_id)
        if session is None:
            raise GrantRefused(_ENDED)
        try:
            self._sessions.require_alive(session)
        except NotAuthenticated as error:
            raise GrantRefused(_ENDED) from error
        profile = await users.profile(connection, session.user_id)
        if profile is None or profile.user.locked_at is not None:
            raise GrantRefused(_ENDED)
        return await self._sessions.with_metadata(connection, session), profile

    async def _is_first_use(self, connection: Connection, request: Refresh) -> bool:
        """Whether nobody used this token before; from now on somebody has."""
        return await rows.rotate_token(
            connection,
            token_hash(request.unverified_token),
            now=self._clock.now(),
            rotated_by=_name_hash(request),
        )

    async def _is_used_up(self, connection: Connection, request: Refresh, successor: str) -> bool:
        """Whether a used token comes too late: not in the moments in which the application may repeat itself."""
        token = await rows.token(connection, token_hash(request.unverified_token))
        if token is None or token.rotated_at is None:
            raise GrantRefused(_UNKNOWN)
        age = self._clock.now() - token.rotated_at
        repeats = token.rotated_by is not None and token.rotated_by == _name_hash(request)
        if age > (REPEAT_SECONDS if repeats else GRACE_SECONDS):
            return True
        following = await rows.token(connection, token_hash(successor))
        return following is None or following.rotated_at is not None

    async def _renew(self, connection: Connection, family: RefreshFamily, successor: str) -> None:
        row = self._row(successor, family.session_id)
        await rows.insert_token(connection, row)
        if row.token_hash.startswith(_SEEN_TO):
            # Some page may renew as fast as it is let. Looked at once in 256 times, and nobody can choose which.
            await rows.delete_oldest_rotated(connection, family.session_id, keep=self._most_used)
        await session_rows.touch_session(connection, family.session_id, now=self._clock.now())
        if not self._secrets.is_newest(family.sealed_key):
            # So that a secret can be taken out one day, whatever sessions began under it.
            await rows.reseal_family(connection, family.session_id, self._sealed(family.session_id, self._key(family)))

    async def _end(self, connection: Connection, session: Session, request: Refresh) -> None:
        requester = request.browser.requester
        await record(
            connection,
            Event.REFRESH_REUSED,
            clock=self._clock,
            user_id=session.user_id,
            session_id=session.id,
            session=session,
            requester=requester,
            application=request.client_id,
        )
        await end_session(connection, session.id, clock=self._clock, reason="refresh_reuse", requester=requester)

    def _row(self, token: str, session_id: str) -> RefreshToken:
        return RefreshToken(token_hash=token_hash(token), session_id=session_id, created_at=self._clock.now())

    def _successor(self, family: RefreshFamily, token: str) -> str:
        return base64url(hmac.new(self._key(family), token.encode(), hashlib.sha256).digest())

    def _sealed(self, session_id: str, key: bytes) -> str:
        return self._secrets.seal(key, purpose=_PURPOSE, place=_place(session_id))

    def _key(self, family: RefreshFamily) -> bytes:
        try:
            return self._secrets.open(family.sealed_key, purpose=_PURPOSE, place=_place(family.session_id))
        except SealBroken as error:
            raise GrantRefused(_ENDED, remedy=f"secrets.keys lacks the one with the id {error.secret_id}") from error


def _require_client(family: RefreshFamily, request: Refresh) -> None:
    """Nobody but who it was given to. It does not end the family: whoever errs about the client proves no theft."""
    if family.client_id != request.client_id or (family.confidential and not request.confidential):
        raise GrantRefused(_UNKNOWN)


async def _hold_membership(connection: Connection, family: RefreshFamily, organization_id: str) -> None:
    """The user's row and the membership's, and before the session's as everywhere.

    A membership that ends in this moment ends the session, too; and who removes an organization holds its memberships
    while waiting for sessions.
    """
    session = await session_rows.session(connection, family.session_id)
    if session is not None:
        await users.lock_user_row(connection, session.user_id)
        await memberships.lock_membership_of(connection, session.user_id, organization_id)


async def _acting(connection: Connection, session: Session, organization_id: str | None) -> Session:
    """The session, in this organization from now on. Only a member acts there, and the membership is held."""
    if organization_id is None or organization_id == session.organization_id:
        return session
    if await organizations.organization(connection, organization_id) is None:
        raise GrantRefused("There is no such organization.", code="organization_not_found")
    membership = await memberships.membership_of(connection, session.user_id, organization_id)
    if membership is None or membership.status != "active":
        raise GrantRefused("The user is no member of this organization.", code="organization_membership_not_found")
    await session_rows.set_organization(connection, session.id, organization_id)
    return replace(session, organization_id=organization_id)


def _name_hash(request: Refresh) -> str | None:
    return token_hash(request.request_name) if request.request_name else None


def _place(session_id: str) -> str:
    return f"refresh_families:{session_id}"
