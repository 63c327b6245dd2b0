"""People move in from a file or a Hanko database, on both engines, and are recognised when they sign in."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from broker.accounts.moving_in import MovingIn, Report
from broker.accounts.provision import attach, provision
from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.errors import InvalidRequest, LinkingRefused, NotAuthenticated
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.identities import IMPORTED
from broker.models.imports import ImportedUser
from broker.models.users import UserProfile
from broker.moving import hanko_keys
from broker.moving.hanko_people import HankoPeople, Party
from broker.moving.people_export import people_as_json
from broker.moving.people_file import people_in
from broker.protocol import jwt
from broker.providers.base import AccountPolicy
from broker.sessions.keyring import Keyring
from broker.sessions.rotation import Rotation
from broker.store import audit, identities, imports, users
from broker.store.base import Store
from broker.store.hanko_tables import HankoTables
from tests.accounts.people import a_person, proven
from tests.databases import open_test_store
from tests.moving.hanko_database import ISSUER, SECRET, fill
from tests.store.rows import NOW

CLIENT = "c11e0000-0000-4000-8000-00000000000c"
PARTIES = {"microsoft": Party(provider="microsoft", provider_client_id=CLIENT, issuer=None)}
CLOCK = FrozenClock(NOW)


async def stream(people: list[ImportedUser]) -> AsyncIterator[ImportedUser]:
    for person in people:
        yield person


async def bring(store: Store, text: str, **options: bool) -> Report:
    """Bring the people of a file in."""
    people = list(people_in(text, clock=CLOCK))
    return await MovingIn(store, CLOCK).bring(stream(people), progress=lambda _: None, **options)


async def everybody(store: Store) -> list[UserProfile]:
    async with store.read() as c:
        return await users.profiles(c)


def a_file(*entries: dict[str, object]) -> str:
    return json.dumps(list(entries))


def an_entry(number: int = 1, **changes: object) -> dict[str, object]:
    return {
        "user_id": f"00000001-0000-4000-8000-{number:012}",
        "emails": [{"address": f"person{number}@alder.example", "is_primary": True, "is_verified": True}],
        "created_at": "2025-03-04T05:06:07Z",
        "updated_at": "2025-03-05T05:06:07.5Z",
        **changes,
    }


async def test_hankos_export_is_taken_with_ids_addresses_and_dates(store: Store) -> None:
    report = await bring(store, a_file(an_entry(1), an_entry(2)))
    assert (report.read, report.added, report.addresses) == (2, 2, 2)
    profile = (await everybody(store))[0]
    assert profile.user.id == "00000001-0000-4000-8000-000000000001"
    assert (profile.user.created_at, profile.user.updated_at) == (1741064767, 1741151167)
    assert [(each.address, each.is_primary, each.verified_by) for each in profile.emails] == [
        ("person1@alder.example", True, IMPORTED)
    ]


async def test_verified_address_is_held_by_its_person_also_where_the_file_does_not_say_by_what(store: Store) -> None:
    address = {"address": "a@alder.example", "is_primary": True, "is_verified": True, "verified_by": None}
    report = await bring(store, a_file(an_entry(1, emails=[address]), an_entry(2, emails=[address])))
    assert report.addresses_left_out == 1
    held = [email.verified_by for profile in await everybody(store) for email in profile.emails if email.is_verified]
    assert held == [IMPORTED]


async def test_second_time_changes_nothing(store: Store) -> None:
    text = a_file(an_entry(1), an_entry(2, user_id=None))
    await bring(store, text)
    before = await people_as_json(store, lambda _: None)
    report = await bring(store, text)
    assert (report.added, report.unchanged, report.notes) == (0, 2, [])
    assert await people_as_json(store, lambda _: None) == before


async def test_only_tried_nothing_stays(store: Store) -> None:
    assert (await bring(store, a_file(an_entry()), dry_run=True)).added == 1
    assert await everybody(store) == []


async def test_one_bad_record_is_named_and_nobody_comes(store: Store) -> None:
    with pytest.raises(InvalidRequest, match="user 2: has an address that is none"):
        await bring(store, a_file(an_entry(1), an_entry(2, emails=[{"address": "no address"}])))
    assert await everybody(store) == []


async def test_address_of_somebody_here_is_left_to_them_and_reported(store: Store) -> None:
    await bring(store, a_file(an_entry(1)))
    other = an_entry(2, emails=[{"address": "person1@alder.example", "is_primary": True, "is_verified": True}])
    report = await bring(store, a_file(other))
    assert (report.added, report.addresses_left_out) == (1, 1)
    assert "person1@alder.example is somebody else's here" in report.notes[0]
    assert (await everybody(store))[1].emails == ()


async def test_another_address_names_whoever_lost_their_primary_one(store: Store) -> None:
    await bring(store, a_file(an_entry(1)))
    taken = {"address": "person1@alder.example", "is_primary": True, "is_verified": True}
    await bring(store, a_file(an_entry(2, emails=[taken, {"address": "two@alder.example", "is_verified": True}])))
    assert [(each.address, each.is_primary) for each in (await everybody(store))[1].emails] == [
        ("two@alder.example", True)
    ]


async def test_one_address_in_two_spellings_stops_nobody(store: Store) -> None:
    (person,) = people_in(a_file(an_entry()), clock=CLOCK)
    twice = replace(person, emails=(*person.emails, replace(person.emails[0], id=person.user.id, is_primary=False)))
    report = await MovingIn(store, CLOCK).bring(stream([twice]), progress=lambda _: None)
    assert (report.addresses, report.addresses_left_out) == (1, 1)
    assert len((await everybody(store))[0].emails) == 1


async def test_id_that_names_something_else_here_is_told_with_its_record(store: Store) -> None:
    email = {"id": "00000002-0000-4000-8000-000000000001", "address": "one@alder.example"}
    other = {**email, "address": "two@alder.example"}
    with pytest.raises(InvalidRequest, match=r"user 2 \(00000001-0000-4000-8000-000000000002\): an id"):
        await bring(store, a_file(an_entry(1, emails=[email]), an_entry(2, emails=[other])))
    assert await everybody(store) == []


@pytest.mark.parametrize("kind", ["identities", "imported_identities"])
async def test_importing_again_brings_no_identity_back_that_its_person_parted_with(store: Store, kind: str) -> None:
    parted = "00000004-0000-4000-8000-000000000001"
    whose = {"provider": "microsoft", "issuer": ISSUER, "subject": "s", "subject_key": "cloud:t:o"}
    text = a_file(an_entry(1, **{kind: [{"id": parted, "provider_client_id": CLIENT, **whose}]}))
    first = await bring(store, text)
    assert first.identities + first.waiting == 1
    async with store.transaction() as c:
        person = (await users.profiles(c))[0].user.id
        await identities.delete_identity(c, parted)
        await imports.take_imported(c, parted)
        await record(c, Event.IDENTITY_UNLINKED, clock=CLOCK, user_id=person, identity_id=parted)
    report = await bring(store, text)
    assert (report.identities, report.waiting, report.identities_left_out) == (0, 0, 1)
    assert "was parted with here" in report.notes[0]


async def test_own_export_and_import_lose_nothing(store: Store, empty_sqlite_url: str) -> None:
    async with store.transaction() as c:
        for name in ("alice", "bob"):
            person = a_person(name, proven(f"{name}@alder.example"))
            user = (await provision(c, person, policy=AccountPolicy(), allow_signup=True, clock=CLOCK)).profile.user
            await users.put_profile(c, replace(user, external_id=name, locale="fr"), now=CLOCK.now())
    text = await people_as_json(store, lambda _: None)
    before = await everybody(store)
    async with store.transaction() as c:
        for profile in before:
            await users.delete_user(c, profile.user.id)
    report = await bring(store, text)
    assert await everybody(store) == before
    assert (report.added, report.identities) == (2, 2)
    assert await people_as_json(store, lambda _: None) == text


@pytest.fixture
async def hanko(empty_postgres_url: str) -> AsyncIterator[HankoTables]:
    """A Hanko database with three people and a key."""
    await fill(empty_postgres_url)
    opened = await open_test_store(empty_postgres_url)
    yield HankoTables(opened)
    await opened.close()


async def from_database(store: Store, hanko: HankoTables) -> Report:
    found = HankoPeople(hanko, PARTIES)
    return await MovingIn(store, CLOCK).bring(found.people(), progress=lambda _: None)


@pytest.mark.postgres
async def test_database_gives_people_addresses_metadata_and_waiting_identities(
    store: Store, hanko: HankoTables
) -> None:
    report = await from_database(store, hanko)
    assert (report.added, report.addresses, report.waiting) == (3, 3, 3)
    profile = (await everybody(store))[0]
    assert (profile.user.name, profile.user.created_at) == ("Person 1", 1741064767)
    assert profile.emails[0].id == "00000002-0000-4000-8000-000000000001"
    again = await from_database(store, hanko)
    assert (again.added, again.waiting, again.notes) == (0, 0, [])


@pytest.mark.postgres
async def test_first_sign_in_recognises_an_imported_identity_and_rekeys_it(store: Store, hanko: HankoTables) -> None:
    await from_database(store, hanko)
    person = a_person("alice", proven("person1@alder.example"), subject="subject-1", issuer=ISSUER)
    async with store.transaction() as c:
        found = await provision(c, person, policy=AccountPolicy(), allow_signup=False, clock=CLOCK)
        assert await imports.imported_of(c, found.profile.user.id) == []
        entries = {entry.type for entry in await audit.entries(c)}
    assert not found.created
    assert found.profile.user.id == "00000001-0000-4000-8000-000000000001"
    assert found.identity_id == "00000004-0000-4000-8000-000000000001"
    [identity] = found.profile.identities
    assert (identity.subject_key, identity.created_at) == (person.subject_key, 1741064767)
    assert "identity.recognised" in entries
    async with store.transaction() as c:
        again = await provision(c, person, policy=AccountPolicy(), allow_signup=False, clock=CLOCK)
    assert again.identity_id == found.identity_id
    assert (await from_database(store, hanko)).waiting == 0


@pytest.mark.postgres
@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://login.microsoftonline.com/aaaaaaaa-0000-4000-8000-000000000001/v2.0"},
        {"provider_client_id": "another-client"},
        {"provider": "custom_other"},
        {"subject": "subject-9"},
        {"emulator": True},
        {"issuer": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_whoever_fits_not_all_four_is_a_stranger(
    store: Store, hanko: HankoTables, changes: dict[str, Any]
) -> None:
    await from_database(store, hanko)
    person = replace(a_person("mallory", proven("m@alder.example"), subject="subject-1", issuer=ISSUER), **changes)
    async with store.transaction() as c:
        found = await provision(c, person, policy=AccountPolicy(), allow_signup=True, clock=CLOCK)
    assert found.created


@pytest.mark.postgres
async def test_imported_address_neither_links_nor_is_taken(store: Store, hanko: HankoTables) -> None:
    await from_database(store, hanko)
    person = a_person("mallory", proven("person1@alder.example"))
    for linking in ("never", "verified_both"):
        async with store.transaction() as c:
            with pytest.raises(LinkingRefused):
                await provision(c, person, policy=AccountPolicy(linking=linking), allow_signup=True, clock=CLOCK)


@pytest.mark.postgres
async def test_waiting_identity_cannot_be_connected_to_another_account(store: Store, hanko: HankoTables) -> None:
    await from_database(store, hanko)
    person = a_person("alice", subject="subject-1", issuer=ISSUER)
    async with store.transaction() as c:
        with pytest.raises(LinkingRefused, match="identity_taken"):
            await attach(c, "00000001-0000-4000-8000-000000000002", person, clock=CLOCK)


@pytest.mark.postgres
async def test_signing_key_is_published_but_signs_and_vouches_for_nothing(
    store: Store, empty_postgres_url: str
) -> None:
    jwk = await fill(empty_postgres_url)
    source = await open_test_store(empty_postgres_url)
    sealed = await HankoTables(source).keys()
    await source.close()
    assert hanko_keys.opened(sealed[0], ["another-secret-of-16-letters"]) is None
    opened = hanko_keys.opened(sealed[0], ["another-secret-of-16-letters", SECRET])
    assert opened == jwk
    secrets = SecretKeys(["a-secret-of-tests-that-is-long-enough"])
    keyring = Keyring(store, secrets, CLOCK)
    rotation = Rotation(store, secrets, CLOCK, algorithm="ES256")
    keyring.adopt(await rotation.ensure())
    assert await hanko_keys.keep(store, [jwk], secrets, CLOCK) == ([jwk["kid"]], [])
    assert await hanko_keys.keep(store, [jwk], secrets, CLOCK) == ([], [jwk["kid"]])
    await keyring.refresh()
    published = {key["kid"]: key for key in json.loads(keyring.jwks)["keys"]}
    assert published[jwk["kid"]]["n"] == jwk["n"]
    assert "d" not in published[jwk["kid"]]
    forged = jwt.sign({"sid": "a"}, private_key=hanko_keys.private_key_of(jwk), kid=jwk["kid"], algorithm="RS256")
    with pytest.raises(NotAuthenticated, match="not made here"):
        await keyring.verify(forged)
