"""What a registered application gets for its one-time code: a session of its own, or just word of who is there.

A code is honoured once, within a minute, for the application that it was made for, and for the interface that this
one began with: word of who is there may become a session, never the reverse. A code that was asked for with a PKCE
challenge takes the verifier; one without takes the application's secret (RFC 9700 section 2.1.1).
"""

from dataclasses import dataclass, field

from broker.accounts.memberships import is_member
from broker.clock import Clock
from broker.crypto import new_id, token_hash
from broker.errors import GrantRefused
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.grants.vault import Vault
from broker.models.applications import Application
from broker.models.browsers import Browser
from broker.models.connection_profiles import ConnectionProfile
from broker.models.events import NOBODY, Requester
from broker.models.identities import Identity, ProviderTokens
from broker.models.sessions import HandedTo, OneTimeCode, Session
from broker.models.signins import Interface
from broker.models.users import UserProfile
from broker.protocol import pkce
from broker.sessions.lifecycle import Origin, Sessions
from broker.sessions.refreshing import RefreshTokens
from broker.signin.handoff import MOST_FAILURES
from broker.store import connection_profiles, signins, users
from broker.store.base import Connection, Store

_REFUSED = "The code is unknown, has expired or was used, or it is not for this client."
_ONCE = "A code is good for a minute, once: look for a program that is late, or brings it twice."


@dataclass(frozen=True, kw_only=True)
class ExchangeCode:
    """`confidential`: the application proved itself by its secret. `browser` is the one that the application names, if
    it does; `requester` is where the request came from, whatever it says of that. `carried` are the refresh tokens that
    the page which asks has in its cookies.
    """

    unverified_code: str = field(repr=False)
    unverified_verifier: str | None = field(repr=False)
    unverified_redirect_uri: str | None
    application: Application
    confidential: bool
    surface: str
    browser: Browser = field(default_factory=Browser)
    requester: Requester = NOBODY
    carried: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """A session, whose it is, and what renews it; `tokens` of the provider's where the application gets them."""

    session: Session
    profile: UserProfile
    refresh_token: str = field(repr=False)
    tokens: ProviderTokens | None


@dataclass(frozen=True, kw_only=True)
class WhoIsThere:
    """How the application knows the person, and no session; `tokens` as in `NewSession`."""

    profile: ConnectionProfile
    tokens: ProviderTokens | None


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """What a code stood for, which is used up."""

    code: OneTimeCode
    handed_to: HandedTo
    person: UserProfile
    identity: Identity
    tokens: ProviderTokens | None


class Exchange:
    """Exchanges codes of applications."""

    def __init__(
        self, store: Store, sessions: Sessions, refresh_tokens: RefreshTokens, vault: Vault, clock: Clock
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._refresh_tokens = refresh_tokens
        self._vault = vault
        self._clock = clock

    async def for_session(self, request: ExchangeCode) -> NewSession:
        """Exchange the code for a session. Raises `GrantRefused`, `StoreUnavailable`."""
        code, handed_to = await self._proven(request, "user_management")
        async with self._store.transaction() as connection:
            taken = await self._taken(connection, code, handed_to, request)
            client_id = request.application.client_id
            await self._refresh_tokens.end_carried(
                connection, request.carried, client_id=client_id, requester=request.requester
            )
            session = await self._sessions.issue(connection, taken.person, _origin(taken, request))
            refresh_token = await self._refresh_tokens.begin(
                connection, session, client_id=client_id, confidential=request.confidential
            )
            await self._note(connection, taken, request, session)
        return NewSession(session=session, profile=taken.person, refresh_token=refresh_token, tokens=taken.tokens)

    async def for_profile(self, request: ExchangeCode) -> WhoIsThere:
        """Exchange the code for word of who is there. Raises as `for_session` does."""
        code, handed_to = await self._proven(request, "sso")
        async with self._store.transaction() as connection:
            taken = await self._taken(connection, code, handed_to, request)
            profile = await self._profile(connection, taken)
            await self._note(connection, taken, request, None)
        return WhoIsThere(profile=profile, tokens=taken.tokens)

    async def _proven(self, request: ExchangeCode, interface: Interface) -> tuple[OneTimeCode, HandedTo]:
        """The code, for whoever may have it; it is good until it is taken."""
        async with self._store.read() as connection:
            found = await signins.code(connection, token_hash(request.unverified_code))
        code, handed_to = self._for_whom(found, request, interface)
        await self._require_proof(code, request)
        return code, handed_to

    async def _taken(
        self, connection: Connection, code: OneTimeCode, handed_to: HandedTo, request: ExchangeCode
    ) -> _Taken:
        """Use the code up; of two who bring it at once one is too late."""
        # The user's row first, as everywhere: a user who is being deleted takes their codes along.
        person, identity = await self._person(connection, code)
        await _require_member(connection, person, handed_to.application.organization_id)
        if await signins.take_code(connection, code.code_hash) is None:
            raise _refused(_ONCE)
        tokens = self._tokens(code.code_hash, handed_to, request.application)
        return _Taken(code=code, handed_to=handed_to, person=person, identity=identity, tokens=tokens)

    async def _note(
        self, connection: Connection, taken: _Taken, request: ExchangeCode, session: Session | None
    ) -> None:
        await record(
            connection,
            Event.CODE_REDEEMED,
            clock=self._clock,
            user_id=taken.code.user_id,
            session_id=None if session is None else session.id,
            session=session,
            requester=request.requester,
            surface=request.surface,
            issued=session is not None,
        )

    def _tokens(self, code_hash: str, handed_to: HandedTo, application: Application) -> ProviderTokens | None:
        """The provider's own tokens that waited with the code, which is used up by now.

        Where the operator switched that off since, nobody gets them.
        """
        sealed = handed_to.sealed_tokens
        if sealed is None or not application.return_provider_tokens:
            return None
        return self._vault.opened_for(code_hash, sealed)

    def _for_whom(
        self, code: OneTimeCode | None, request: ExchangeCode, interface: Interface
    ) -> tuple[OneTimeCode, HandedTo]:
        """The code, if it is this application's, still good, and for this interface; one answer for whatever it is."""
        handed_to = None if code is None else code.handed_to
        if code is None or handed_to is None or self._clock.now() >= code.expires_at:
            raise _refused(_ONCE)
        begun = handed_to.application
        if begun.client_id != request.application.client_id:
            raise _refused(f"The sign-in was begun for {begun.client_id}: one program, one client id.")
        if code.emulator and not self._sessions.is_emulator_admitted(code.provider):
            raise _refused("It was the emulator that signed in, which counts no more: sign in anew.")
        if begun.interface == "user_management" and interface == "sso":
            raise _refused("The sign-in was begun at the interface for sessions: exchange the code there.")
        if request.unverified_redirect_uri not in (None, handed_to.redirect_target):
            raise _refused("redirect_uri is another one than the sign-in was begun with.")
        return code, handed_to

    async def _require_proof(self, code: OneTimeCode, request: ExchangeCode) -> None:
        """The verifier of the challenge, or else the secret. A wrong verifier does not use the code up, five do."""
        verifier = request.unverified_verifier
        if code.code_challenge is None:
            if verifier is not None:
                raise GrantRefused("No code challenge was sent when the code was asked for.", code="no_code_challenge")
            if not request.confidential:
                raise GrantRefused("The client must prove itself by its secret.", code="invalid_client")
            return
        if verifier is None:
            raise GrantRefused("code_verifier is missing.", code="invalid_request")
        if pkce.fits(verifier, code.code_challenge):
            return
        async with self._store.transaction() as connection:
            if await signins.count_failure(connection, code.code_hash) >= MOST_FAILURES:
                await signins.take_code(connection, code.code_hash)
        raise _refused("code_verifier is not that of the challenge which the sign-in was begun with.")

    async def _profile(self, connection: Connection, taken: _Taken) -> ConnectionProfile:
        """How this connection's applications know the person, from now on."""
        asked = taken.handed_to.application
        assert asked.connection_id is not None  # noqa: S101 - this interface leaves no choice to the person
        profile_id = await connection_profiles.keep_profile(
            connection,
            new_id=new_id(self._clock.now_ms()),
            identity_id=taken.identity.id,
            connection_id=asked.connection_id,
            organization_id=asked.organization_id,
            now=self._clock.now(),
        )
        return ConnectionProfile(
            id=profile_id,
            connection_id=asked.connection_id,
            organization_id=asked.organization_id,
            identity=taken.identity,
            person=taken.person,
        )

    async def _person(self, connection: Connection, code: OneTimeCode) -> tuple[UserProfile, Identity]:
        user = await users.lock_user_row(connection, code.user_id)
        profile = None if user is None else await users.profile(connection, code.user_id)
        if profile is None:
            raise _refused("The user was deleted meanwhile.")
        if profile.user.locked_at is not None:
            raise _refused(f"broker users unlock {code.user_id}")
        identity = next((each for each in profile.identities if each.id == code.identity_id), None)
        if identity is None:
            raise _refused("The account at the provider was parted from the user meanwhile.")
        return profile, identity


async def _require_member(connection: Connection, profile: UserProfile, organization_id: str | None) -> None:
    """They were one when they signed in; an application may have thought otherwise since."""
    if organization_id is not None and not await is_member(connection, profile.user.id, organization_id):
        raise _refused("The user is no member of the organization any more.")


def _origin(taken: _Taken, request: ExchangeCode) -> Origin:
    code, handed_to = taken.code, taken.handed_to
    return Origin(
        provider=code.provider,
        identity_id=code.identity_id,
        emulator=code.emulator,
        sign_in_hash=code.sign_in_hash,
        user_agent=request.browser.user_agent or handed_to.user_agent,
        ip_address=request.browser.ip_address or handed_to.ip_address,
        at_provider=code.at_provider,
        client_id=request.application.client_id,
        organization_id=handed_to.application.organization_id,
        lifespan=request.application.refresh_lifespan,
    )


def _refused(remedy: str) -> GrantRefused:
    """The same words to whoever asks, so that nobody tries codes to learn of them; the log has the reason."""
    return GrantRefused(_REFUSED, remedy=remedy)
