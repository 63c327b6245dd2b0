"""Add a further identity to the account of somebody who is signed in, because they ask for it.

Both sides are proven: the account by a living session, the identity by a sign-in at its provider. But they are proven
in different requests, and anybody can send somebody else the address at which such a sign-in begins. So the callback
adds nothing: it mints a code, and only the session of the very user who asked may redeem it, naming the flow that began
and its verifier. A victim who follows an attacker's address is stopped at the start, since their browser has not the
attacker's session (`web/plain/start`); where no cookie could say so, they end on a page that has no such flow, and the
attacker, who has one, has no code. It needs no `linking`: that setting is about joining accounts by an address.
"""

from dataclasses import dataclass

from broker.accounts.provision import attach
from broker.clock import Clock
from broker.crypto import opaque_token, token_hash
from broker.errors import (
    CodeExpired,
    IdentityRefused,
    InvalidRequest,
    LinkingRefused,
    NotAuthenticated,
    NotFound,
    NotUnique,
)
from broker.models.browsers import Browser
from broker.models.connections import PendingIdentity
from broker.models.identities import ProviderIdentity
from broker.models.sessions import Session
from broker.models.signins import SignIn
from broker.protocol import pkce
from broker.store import pending_identities as rows
from broker.store import sessions, users
from broker.store.base import Connection, Store

PENDING_SECONDS = 60
MOST_FAILURES = 5
_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class Connect:
    """A request to add the identity behind a code to the account of this session."""

    unverified_code: str
    unverified_verifier: str | None
    redeemer: str | None
    session: Session
    browser: Browser


class Connecting:
    """Mints codes for identities that wait, and adds them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def mint(self, connection: Connection, identity: ProviderIdentity, sign_in: SignIn) -> str:
        """A code for an identity that was proven just now, inserted in the caller's transaction.

        Raises `LinkingRefused` where the user who asked is gone, `IdentityRefused` where they are locked.
        """
        assert sign_in.connect_to is not None  # noqa: S101 - the caller asked that
        user = await users.lock_user_row(connection, sign_in.connect_to)
        if user is None:
            raise LinkingRefused("the user who asked is gone")
        if user.locked_at is not None:
            raise IdentityRefused.locked(user.id)
        code = opaque_token()
        await rows.insert_pending(
            connection,
            PendingIdentity(
                code_hash=token_hash(code),
                user_id=sign_in.connect_to,
                redeemer=sign_in.redeemer,
                code_challenge=sign_in.code_challenge,
                identity=identity,
                failures=0,
                expires_at=self._clock.now() + PENDING_SECONDS,
            ),
        )
        return code

    async def connect(self, request: Connect) -> None:
        """Add the identity.

        Raises `NotFound` (unknown, used, not theirs), `CodeExpired`, `InvalidRequest` (verifier), `NotAuthenticated`
        (the session ended meanwhile), `IdentityRefused` (locked), `LinkingRefused` (it is somebody else's).
        """
        code_hash = token_hash(request.unverified_code)
        async with self._store.read() as connection:
            found = await rows.pending(connection, code_hash)
        if found is None or found.user_id != request.session.user_id or found.redeemer != request.redeemer:
            raise NotFound("token not found")
        if self._clock.now() >= found.expires_at:
            raise CodeExpired("token has expired")
        await self._require_verifier(found, request.unverified_verifier)
        for attempt in range(_TRIES):
            try:
                await self._attach(code_hash, request)
            except NotUnique:
                if attempt == _TRIES - 1:
                    raise
            else:
                return

    async def _attach(self, code_hash: str, request: Connect) -> None:
        async with self._store.transaction() as connection:
            # The user's row first, as everywhere: a user who is being deleted takes this along. Behind it the session,
            # so that one which was ended meanwhile (theirs, or all of them by a lock) adds nothing.
            await users.lock_user_row(connection, request.session.user_id)
            if await sessions.session(connection, request.session.id) is None:
                raise NotAuthenticated("the session ended meanwhile")
            taken = await rows.take_pending(connection, code_hash)
            if taken is None:
                raise NotFound("token not found")
            await attach(
                connection,
                request.session.user_id,
                taken.identity,
                clock=self._clock,
                requester=request.browser.requester,
            )

    async def _require_verifier(self, found: PendingIdentity, unverified_verifier: str | None) -> None:
        if found.code_challenge is None:
            return
        if unverified_verifier is not None and pkce.fits(unverified_verifier, found.code_challenge):
            return
        async with self._store.transaction() as connection:
            if await rows.count_pending_failure(connection, found.code_hash) >= MOST_FAILURES:
                await rows.take_pending(connection, found.code_hash)
        raise InvalidRequest("code_verifier does not fit")
