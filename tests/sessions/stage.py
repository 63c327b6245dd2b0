"""Sessions, keys and one-time codes of one server whose time stands still; several on one database are replicas."""

from dataclasses import dataclass, replace
from typing import Any

from broker.accounts.provision import Provisioned
from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.grants.vault import Vault
from broker.models.sessions import Session
from broker.models.signins import SignIn
from broker.models.users import UserProfile
from broker.sessions.keyring import Keyring
from broker.sessions.lifecycle import Limits, Origin, Sessions
from broker.sessions.rotation import PUBLISH_SECONDS, Rotation
from broker.sessions.token import TokenRules
from broker.signin.handoff import HandOff
from broker.store import audit, users
from broker.store.base import Store
from tests.store.rows import NOW, stored_identity

SECRET, OTHER_SECRET = "a-secret-of-tests-that-is-long-enough", "another-secret-of-tests-long-enough"
RULES = TokenRules(issuer="http://localhost:8000", audience=("localhost",))
LIMITS = Limits(lifespan=12 * 3600, idle_timeout=None, most_per_user=5)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One server."""

    store: Store
    clock: FrozenClock
    keyring: Keyring
    rotation: Rotation
    sessions: Sessions
    hand_off: HandOff

    async def issued(self, profile: UserProfile, **changes: Any) -> tuple[Session, str]:
        """A session as a sign-in makes it, and its token."""
        async with self.store.transaction() as c:
            await users.lock_user_row(c, profile.user.id)
            session = await self.sessions.issue(c, profile, an_origin(profile, **changes))
        return session, self.sessions.token_for(session, profile)

    async def rotated(self) -> str:
        """Turn the keys once the next one has been published for long enough; answers which signs now."""
        self.clock.advance(PUBLISH_SECONDS)
        current = (await self.rotation.rotate()).current
        await self.keyring.refresh()
        return current

    async def ended(self) -> list[tuple[str | None, object]]:
        """Which sessions ended for which reason, by the audit trail."""
        async with self.store.read() as c:
            entries = await audit.entries(c)
        return [(one.session_id, one.detail["reason"]) for one in reversed(entries) if one.type == "session.ended"]


async def a_stage(
    store: Store,
    *,
    clock: FrozenClock | None = None,
    secrets: SecretKeys | None = None,
    algorithm: str = "ES256",
    limits: Limits = LIMITS,
    rules: TokenRules = RULES,
    emulated: tuple[str, ...] = (),
) -> Stage:
    """A server that has just started; `emulated` are the providers that an emulator stands in for."""
    clock, secrets = clock or FrozenClock(NOW), secrets or SecretKeys([SECRET])
    rotation = Rotation(store, secrets, clock, algorithm=algorithm)
    keyring = Keyring(store, secrets, clock)
    keyring.adopt(await rotation.ensure())
    sessions = Sessions(
        store, keyring, clock, rules=rules, limits=limits, is_emulator_admitted=lambda name: name in emulated
    )
    hand_off = HandOff(store, sessions, Vault(secrets, clock), clock)
    return Stage(store=store, clock=clock, keyring=keyring, rotation=rotation, sessions=sessions, hand_off=hand_off)


async def a_member(store: Store, name: str = "alice") -> UserProfile:
    """Somebody with one identity."""
    identity = await stored_identity(store, subject_key=f"global:alder:{name}")
    async with store.read() as c:
        profile = await users.profile(c, identity.user_id)
    assert profile is not None
    return profile


def an_origin(profile: UserProfile, **changes: Any) -> Origin:
    """A sign-in by the user's own identity."""
    origin = Origin(
        provider="microsoft",
        identity_id=profile.identities[0].id,
        emulator=False,
        sign_in_hash="5" * 64,
        user_agent="Firefox",
        ip_address="192.0.2.7",
    )
    return replace(origin, **changes)


def a_sign_in(**changes: Any) -> SignIn:
    """An attempt that is about to end well."""
    sign_in = SignIn(
        state="s" * 43,
        provider="microsoft",
        surface="plain",
        redirect_target="http://localhost:8888/",
        error_target=None,
        code_challenge=None,
        max_age=None,
        started_at=NOW,
        secret_id="00000000",
    )
    return replace(sign_in, **changes)


def found_as(profile: UserProfile) -> Provisioned:
    """What provisioning says about somebody who returns."""
    return Provisioned(profile=profile, identity_id=profile.identities[0].id, created=False)
