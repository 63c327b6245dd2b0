"""What a sign-in writes about accounts, row by row, on each engine."""

from typing import Any

import pytest

from broker.clock import FrozenClock
from broker.errors import IdentityRefused, LinkingRefused, TokenInvalid
from broker.models.identities import ProviderIdentity
from broker.models.users import UserProfile
from broker.providers.base import AccountPolicy
from broker.store import users
from broker.store.base import Store
from tests.accounts.people import ADDRESS, OTHER, a_person, an_emulated, by_upn, proven, unproven
from tests.accounts.provisioning import everything, people_in, provisioned, trail
from tests.store.rows import NOW

LINKING = AccountPolicy(linking="verified_both")


def shown(profile: UserProfile) -> list[tuple[str, bool, bool, str | None]]:
    """Address, primary, verified, by what: as `broker users list` shows them."""
    return [(email.address, email.is_primary, email.is_verified, email.verified_by) for email in profile.emails]


async def events(store: Store) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.type, dict(entry.detail)) for entry in await trail(store)]


async def test_a_new_person_becomes_a_user_with_identity_addresses_and_one_audit_entry(store: Store) -> None:
    person = a_person("alice", by_upn(), proven(OTHER), given_name="Alice", family_name="Alder", picture="p")
    found = await provisioned(store, person)
    (profile,) = await people_in(store)
    assert found.created
    assert found.profile == profile
    user, (identity,) = profile.user, profile.identities
    assert (user.name, user.given_name, user.family_name, user.picture) == ("Alice", "Alice", "Alder", "p")
    assert (user.created_at, user.updated_at, user.locked_at) == (NOW, NOW, None)
    assert shown(profile) == [(ADDRESS, True, False, "upn"), (OTHER, False, True, "xms_edov")]
    assert (identity.id, identity.user_id) == (found.identity_id, user.id)
    assert (identity.provider, identity.subject_key, identity.subject) == (
        "microsoft",
        "global:alder:alice",
        "subject-of-alice",
    )
    assert (identity.tenant, identity.address, identity.emulator) == ("alder", ADDRESS, False)
    (entry,) = await trail(store)
    assert (entry.type, entry.user_id, entry.identity_id) == ("user.created", user.id, identity.id)
    assert (entry.actor, entry.request_id, entry.detail) == ("user", "request", {"provider": "microsoft"})


async def test_an_unproven_address_is_shown_and_holds_nobody_off(store: Store) -> None:
    policy = AccountPolicy(on_unverified="create_unverified")
    await provisioned(store, a_person("mallory", unproven()), policy=policy)
    (mallory,) = await people_in(store)
    assert shown(mallory) == [(ADDRESS, True, False, None)]
    alice = (await provisioned(store, a_person("alice", proven()), policy=LINKING)).profile
    assert alice.user.id != mallory.user.id
    assert shown(alice) == [(ADDRESS, True, True, "xms_edov")]


@pytest.mark.parametrize("on_unverified", ["create_without_email", "create_unverified"])
async def test_somebody_without_any_address_becomes_a_user_without_one(store: Store, on_unverified: Any) -> None:
    found = await provisioned(store, a_person("alice"), policy=AccountPolicy(on_unverified=on_unverified))
    assert found.profile.emails == ()
    assert found.profile.identities[0].address is None


@pytest.mark.parametrize(
    ("person", "refusal", "code"),
    [
        (a_person("carol", unproven()), IdentityRefused, "unverified_email"),
        (a_person("carol", proven()), LinkingRefused, "user_conflict"),
        (a_person("alice", proven(), subject="another"), TokenInvalid, "invalid_response"),
    ],
)
async def test_whoever_is_refused_leaves_no_trace(
    store: Store, person: ProviderIdentity, refusal: type[Exception], code: str
) -> None:
    await provisioned(store, a_person("alice", proven()))
    before = await everything(store)
    with pytest.raises(refusal) as refused:
        await provisioned(store, person)
    assert refused.value.code == code  # type: ignore[attr-defined] # all of them are SignInFailed
    assert await everything(store) == before


async def test_without_sign_up_nothing_is_written(store: Store) -> None:
    with pytest.raises(LinkingRefused, match="signup_disabled"):
        await provisioned(store, a_person("alice", proven()), allow_signup=False)
    assert not any((await everything(store)).values())


async def test_a_returning_person_changes_the_time_of_sign_in_and_nothing_else(store: Store) -> None:
    clock = FrozenClock()
    person = a_person("alice", by_upn(), proven(OTHER))
    first = await provisioned(store, person, clock=clock)
    before = await everything(store)
    clock.advance(100)
    again = await provisioned(store, person, clock=clock)
    after = await everything(store)
    assert (again.created, again.identity_id) == (False, first.identity_id)
    before["identities"][0]["last_sign_in_at"] = NOW + 100
    assert after == before
    assert again.profile == (await people_in(store))[0]


async def test_what_a_returning_person_brings_is_taken_over(store: Store) -> None:
    await provisioned(store, a_person("alice", by_upn(), given_name="Alice", picture="old"))
    renamed = a_person("alice", by_upn("alice@new.example"), given_name=None, family_name="Birch", tenant="birch")
    found = await provisioned(store, renamed)
    assert found.profile == (await people_in(store))[0]
    user, (identity,) = found.profile.user, found.profile.identities
    assert (user.given_name, user.family_name) == ("Alice", "Birch")
    assert (identity.tenant, identity.address) == ("birch", "alice@new.example")
    assert shown(found.profile) == [(ADDRESS, True, False, "upn"), ("alice@new.example", False, False, "upn")]
    assert (await events(store))[1:] == [("address.added", {"provider": "microsoft", "verified_by": "upn"})]


async def test_a_registration_that_changed_brings_another_subject(store: Store) -> None:
    await provisioned(store, a_person("alice", proven()))
    found = await provisioned(
        store, a_person("alice", proven(), subject="another", provider_client_id="another registration")
    )
    (identity,) = found.profile.identities
    assert (identity.subject, identity.provider_client_id) == ("another", "another registration")


async def test_an_address_that_is_proven_later_is_verified_from_then_on(store: Store) -> None:
    await provisioned(store, a_person("alice", by_upn()))
    found = await provisioned(store, a_person("alice", by_upn(), proven()))
    assert shown(found.profile) == [(ADDRESS, True, True, "xms_edov")]
    assert (await events(store))[1:] == [("address.proven", {"provider": "microsoft", "verified_by": "xms_edov"})]


async def test_a_sign_in_name_never_makes_an_address_verified(store: Store) -> None:
    """A renamed colleague would otherwise pass for the owner of the mailbox, and linking would believe it."""
    policy = AccountPolicy(on_unverified="create_unverified")
    await provisioned(store, a_person("mallory", unproven()), policy=policy)
    found = await provisioned(store, a_person("mallory", by_upn()), policy=policy)
    assert shown(found.profile) == [(ADDRESS, True, False, "upn")]
    alice = await provisioned(store, a_person("alice", proven()), policy=LINKING)
    assert alice.created


async def test_a_user_without_address_who_brings_two_has_one_primary(store: Store) -> None:
    policy = AccountPolicy(on_unverified="create_without_email")
    await provisioned(store, a_person("alice"), policy=policy)
    found = await provisioned(store, a_person("alice", by_upn(), proven(OTHER)), policy=policy)
    assert shown(found.profile) == [(ADDRESS, True, False, "upn"), (OTHER, False, True, "xms_edov")]


async def test_whoever_proves_a_mailbox_takes_it_from_a_sign_in_name(store: Store) -> None:
    nina = (await provisioned(store, a_person("nina", by_upn(), proven(OTHER)))).profile
    alice = (await provisioned(store, a_person("alice", proven()))).profile
    assert shown(alice) == [(ADDRESS, True, True, "xms_edov")]
    async with store.read() as c:
        left = await users.profile(c, nina.user.id)
    assert left is not None
    assert shown(left) == [(OTHER, True, True, "xms_edov")]
    entries = await trail(store)
    assert [(entry.type, entry.user_id) for entry in entries[1:]] == [
        ("address.released", nina.user.id),
        ("user.created", alice.user.id),
    ]
    again = await provisioned(store, a_person("nina", by_upn(), proven(OTHER)))
    assert shown(again.profile) == shown(left)
    assert (await events(store))[-1][0] == "address.not_adopted"


async def test_a_known_identity_takes_a_mailbox_that_it_proves_from_a_sign_in_name(store: Store) -> None:
    await provisioned(store, a_person("nina", by_upn()))
    await provisioned(store, a_person("alice", proven(OTHER)))
    found = await provisioned(store, a_person("alice", proven(OTHER), proven()))
    assert shown(found.profile) == [(OTHER, True, True, "xms_edov"), (ADDRESS, False, True, "xms_edov")]
    nina = next(profile for profile in await people_in(store) if profile.user.name == "Nina")
    assert shown(nina) == []
    back = await provisioned(store, a_person("nina", by_upn(), by_upn("nina@alder.example")))
    assert shown(back.profile) == [("nina@alder.example", True, False, "upn")]


async def test_what_only_an_emulator_vouched_for_gives_way_to_a_real_person(store: Store) -> None:
    await provisioned(store, an_emulated("alice", proven()))
    alice = (await provisioned(store, a_person("alice", by_upn()))).profile
    assert shown(alice) == [(ADDRESS, True, False, "upn")]
    assert len(await people_in(store)) == 2


async def test_a_second_identity_joins_the_user_who_proved_the_same_mailbox(store: Store) -> None:
    alice = await provisioned(store, a_person("alice", proven()))
    other = a_person("alice", proven(), provider="custom_other", subject_key="issuer:alice")
    linked = await provisioned(store, other, policy=LINKING)
    assert (linked.created, linked.profile.user.id) == (False, alice.profile.user.id)
    assert linked.profile == (await people_in(store))[0]
    assert {identity.provider for identity in linked.profile.identities} == {"microsoft", "custom_other"}
    entry = (await trail(store))[-1]
    assert (entry.type, entry.user_id, entry.identity_id) == (
        "identity.linked",
        alice.profile.user.id,
        linked.identity_id,
    )
    assert entry.detail == {"provider": "custom_other"}


async def test_nobody_joins_a_locked_user(store: Store) -> None:
    alice = await provisioned(store, a_person("alice", proven()))
    async with store.transaction() as c:
        await users.set_locked(c, alice.profile.user.id, locked_at=NOW, now=NOW)
    before = await everything(store)
    with pytest.raises(IdentityRefused, match="account_locked"):
        await provisioned(store, a_person("alice", proven(), subject_key="x", tenant="birch"), policy=LINKING)
    with pytest.raises(IdentityRefused, match="account_locked") as refused:
        await provisioned(store, a_person("alice", proven()))
    assert refused.value.remedy == f"broker users unlock {alice.profile.user.id}"
    assert await everything(store) == before


async def test_audit_entries_of_one_sign_in_stand_in_the_order_in_which_they_were_written(store: Store) -> None:
    await provisioned(store, a_person("nina", by_upn(), by_upn(OTHER)))
    await provisioned(store, a_person("alice", proven(), proven(OTHER)))
    kinds = [kind for kind, _ in await events(store)]
    assert kinds == ["user.created", "address.released", "address.released", "user.created"]
