"""An identity that waits comes back as it was proven, without what the provider handed out for its own API."""

from dataclasses import MISSING, fields, replace
from typing import Any

from broker.clock import FrozenClock
from broker.housekeeping import Retention, sweep
from broker.models.connections import PendingIdentity
from broker.models.identities import AddressCandidate, ProviderIdentity, ProviderTokens
from broker.store import pending_identities as rows
from broker.store.base import Store
from tests.store.rows import NOW, stored_user, written

TOKENS = ProviderTokens(access_token="access", refresh_token=None, scopes=("a",), expires_at=NOW)
EVERYTHING = ProviderIdentity(
    provider="custom_other",
    subject_key="other:alice",
    subject="alice",
    provider_client_id="client",
    tenant="alder",
    account_class="guest",
    candidates=(
        AddressCandidate(address="alice@alder.example", verified_by="email_verified"),
        AddressCandidate(address="a@alder.example", verified_by=None),
    ),
    name="Alice \u00c4lder",
    given_name="Alice",
    family_name="\u00c4lder",
    preferred_username="alice",
    picture="https://img.alder.example/a.png",
    roles=("reader",),
    provider_session_id="sid",
    login_hint="hint",
    auth_time=NOW,
    session_claims={"groups": ["g1", "g2"], "level": 3},
    missing_claims=("xms_edov",),
    tokens=TOKENS,
    emulator=True,
    is_operators=False,
    issuer="https://login.other.example",
)


def waiting(user_id: str, code_hash: str = "c" * 64, **changes: Any) -> PendingIdentity:
    """A row for this user."""
    pending = PendingIdentity(
        code_hash=code_hash,
        user_id=user_id,
        redeemer="flow",
        code_challenge="challenge",
        identity=EVERYTHING,
        failures=0,
        expires_at=NOW + 60,
    )
    return replace(pending, **changes)


async def test_identity_comes_back_whole_but_for_its_tokens(store: Store) -> None:
    user = await stored_user(store)
    for field in fields(ProviderIdentity):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        assert getattr(EVERYTHING, field.name) != default, f"{field.name} is to be looked at here, too"
    pending = waiting(user.id)
    await written(store, lambda c: rows.insert_pending(c, pending))
    async with store.transaction() as c:
        assert await rows.pending(c, "c" * 64) == replace(pending, identity=replace(EVERYTHING, tokens=None))
        assert await rows.count_pending_failure(c, "c" * 64) == 1
        assert await rows.count_pending_failure(c, "d" * 64) == 0
        taken = await rows.take_pending(c, "c" * 64)
        assert taken == replace(pending, failures=1, identity=replace(EVERYTHING, tokens=None))
        assert await rows.take_pending(c, "c" * 64) is None


async def test_sweep_drops_what_nobody_came_for(store: Store) -> None:
    user = await stored_user(store)
    async with store.transaction() as c:
        for index, expires_at in enumerate((NOW - 1, NOW, NOW + 1)):
            await rows.insert_pending(c, waiting(user.id, f"{index}" * 64, expires_at=expires_at))
    swept = await sweep(store, FrozenClock(NOW), Retention(audit_seconds=100, idle_seconds=None))
    assert swept.sign_ins == 2
    async with store.read() as c:
        assert [await rows.pending(c, f"{index}" * 64) is None for index in range(3)] == [True, True, False]
