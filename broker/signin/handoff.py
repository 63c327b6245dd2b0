"""The one-time code that an application gets in the redirect and redeems for a session: once, within a minute.

A start that brought a PKCE challenge demands the verifier here (RFC 7636): whoever reads the redirect URL, from a log
or a `Referer`, still cannot redeem it. A wrong verifier does not use the code up, five do.
A code is redeemed only by whom the start named: one that waits for a flow is of no use at `POST /token`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from broker.accounts.provision import Provisioned
from broker.clock import Clock
from broker.crypto import opaque_token, token_hash
from broker.errors import CodeExpired, IdentityRefused, InvalidRequest, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.grants.vault import Vault
from broker.models.browsers import Browser
from broker.models.identities import ProviderTokens
from broker.models.sessions import HandedTo, OneTimeCode, Session
from broker.models.signins import SignIn
from broker.models.users import UserProfile
from broker.protocol import pkce
from broker.sessions.lifecycle import Origin, Sessions
from broker.store import sessions as session_rows
from broker.store import signins, users
from broker.store.base import Connection, Store

CODE_SECONDS = 60
MOST_FAILURES = 5


@dataclass(frozen=True, kw_only=True)
class Redeem:
    """An application's request to exchange a code.

    `redeemer` is who must have been named when the sign-in began (`SignIn.redeemer`): a code that is meant for one face
    is not redeemed at another. `surface` is the face that asks. `amr_of`: provider → methods (RFC 8176), where a face
    tells them in the session token.
    """

    unverified_code: str
    unverified_verifier: str | None
    redeemer: str | None = None
    surface: str = "plain"
    amr_of: Callable[[str], tuple[str, ...]] | None = None
    browser: Browser = field(default_factory=Browser)


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    """The session behind the code, whose it is, and its token. `issued`: made now, and not by the callback."""

    session: Session
    profile: UserProfile
    session_token: str
    issued: bool


class HandOff:
    """Mints and redeems one-time codes."""

    def __init__(self, store: Store, sessions: Sessions, vault: Vault, clock: Clock) -> None:
        self._store = store
        self._sessions = sessions
        self._vault = vault
        self._clock = clock

    async def mint(
        self,
        connection: Connection,
        found: Provisioned,
        origin: Origin,
        sign_in: SignIn,
        session: Session | None,
        tokens: ProviderTokens | None = None,
    ) -> str:
        """A fresh code for this sign-in, inserted in the caller's transaction; only its hash is stored.

        `tokens` are the provider's own: sealed beside it where the application gets them.
        """
        code, now = opaque_token(), self._clock.now()
        wanted = tokens if sign_in.wants_tokens else None
        sealed = None if wanted is None else self._vault.sealed_for(token_hash(code), wanted)
        await signins.insert_code(
            connection,
            OneTimeCode(
                code_hash=token_hash(code),
                user_id=found.profile.user.id,
                identity_id=found.identity_id,
                provider=origin.provider,
                emulator=origin.emulator,
                sign_in_hash=token_hash(sign_in.state),
                code_challenge=sign_in.code_challenge,
                session_id=None if session is None else session.id,
                failures=0,
                created_at=now,
                expires_at=now + CODE_SECONDS,
                at_provider=origin.at_provider,
                redeemer=sign_in.redeemer,
                handed_to=_handed_to(origin, sign_in, sealed),
            ),
        )
        return code

    async def redeem(self, request: Redeem) -> Redeemed:
        """Exchange the code.

        Raises `NotFound` (unknown, used), `CodeExpired`, `InvalidRequest` (verifier), `IdentityRefused` (locked).
        """
        code_hash = token_hash(request.unverified_code)
        async with self._store.read() as connection:
            code = await signins.code(connection, code_hash)
        if code is None or (code.emulator and not self._sessions.is_emulator_admitted(code.provider)):
            raise NotFound("token not found")
        if self._clock.now() >= code.expires_at:
            raise CodeExpired("token has expired")
        await self._require_redeemer(code, request)
        carried = await self._sessions.carried(request.browser.session_tokens)
        async with self._store.transaction() as connection:
            # The user's row first, as everywhere: a user who is being deleted takes their codes along.
            profile = await self._profile(connection, code.user_id)
            if await signins.take_code(connection, code_hash) is None:
                raise NotFound("token not found")
            session = await self._session(connection, code, profile, request, carried - {code.session_id or ""})
            await record(
                connection,
                Event.CODE_REDEEMED,
                clock=self._clock,
                user_id=code.user_id,
                session_id=session.id,
                session=session,
                requester=request.browser.requester,
                surface=request.surface,
                issued=code.session_id is None,
            )
        token = self._sessions.token_for(session, profile)
        return Redeemed(session=session, profile=profile, session_token=token, issued=code.session_id is None)

    async def _require_redeemer(self, code: OneTimeCode, request: Redeem) -> None:
        """Whoever asks is who was named at the start, and has the verifier of that start."""
        verifier = request.unverified_verifier
        if code.redeemer == request.redeemer:
            if code.code_challenge is None:
                if verifier is not None:
                    raise InvalidRequest("code_verifier without a code_challenge at the start")
                return
            if verifier is not None and pkce.fits(verifier, code.code_challenge):
                return
        async with self._store.transaction() as connection:
            failures = await signins.count_failure(connection, code.code_hash)
            if failures >= MOST_FAILURES:
                await signins.take_code(connection, code.code_hash)
        if code.redeemer != request.redeemer:
            raise NotFound("token not found")
        raise InvalidRequest("code_verifier does not fit")

    async def _profile(self, connection: Connection, user_id: str) -> UserProfile:
        user = await users.lock_user_row(connection, user_id)
        profile = None if user is None else await users.profile(connection, user_id)
        if profile is None:
            raise NotFound("token not found")
        if profile.user.locked_at is not None:
            raise IdentityRefused.locked(user_id)
        return profile

    async def _session(
        self,
        connection: Connection,
        code: OneTimeCode,
        profile: UserProfile,
        request: Redeem,
        carried: frozenset[str],
    ) -> Session:
        """The session that the callback made, or a new one; what the browser carried before ends with it."""
        await self._sessions.end_carried(connection, carried)
        if code.session_id is not None:
            made = await session_rows.session(connection, code.session_id)
            if made is None:
                raise NotFound("token not found")
            return await self._sessions.with_metadata(connection, made)
        origin = Origin(
            provider=code.provider,
            identity_id=code.identity_id,
            emulator=code.emulator,
            sign_in_hash=code.sign_in_hash,
            user_agent=request.browser.user_agent,
            ip_address=request.browser.ip_address,
            at_provider=code.at_provider,
            amr=() if request.amr_of is None else request.amr_of(code.provider),
        )
        return await self._sessions.issue(connection, profile, origin)


def _handed_to(origin: Origin, sign_in: SignIn, sealed_tokens: str | None) -> HandedTo | None:
    """What the code's row says for an application; its state went back with the code and is nobody's any more."""
    if sign_in.application is None:
        return None
    return HandedTo(
        application=replace(sign_in.application, state=None),
        redirect_target=sign_in.redirect_target,
        user_agent=origin.user_agent,
        ip_address=origin.ip_address,
        sealed_tokens=sealed_tokens,
    )
