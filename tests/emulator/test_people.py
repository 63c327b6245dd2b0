import re
import time
from typing import Any

import jwt
import pytest

from tests.emulator.client import ALDER, BIRCH, CEDAR, PERSONAL, Client
from tests.peers.microsoft import FIRST_CLIENT

PERSONAL_ONLY = "c11e0000-0000-4000-8000-000000000003"

# tid, oid, email, upn, xms_edov: None for a claim that is absent.
# fmt: off
TABLE: dict[str, tuple[str, str, str | None, str | None, object]] = {
    "alice": (ALDER, "5eed0000-0000-4000-8000-0000000000a1", "alice@alder.example", "alice@alder.example", True),
    "bob": (ALDER, "5eed0000-0000-4000-8000-0000000000b0", "bob@elsewhere.example", "bob@alder.example", False),
    "carol": (ALDER, "5eed0000-0000-4000-8000-0000000000c0", None, "carol@alder.example", None),
    "mallory": (BIRCH, "5eed0000-0000-4000-8000-0000000000e1", "alice@alder.example", "mallory@birch.example", False),
    "dave": (PERSONAL, "00000000-0000-0000-da7e-000000000001", "dave@outlook.example", None, "1"),
    "erin": (PERSONAL, "00000000-0000-0000-da7e-000000000002", "erin@gmail.example", None, "1"),
    "frank": (BIRCH, "5eed0000-0000-4000-8000-0000000000f0", "frank@birch.example", "frank@birch.example", True),
    "heidi": (ALDER, "5eed0000-0000-4000-8000-000000000041", "heidi@alder.example", "heidi@alder.example", True),
    "ivan": (ALDER, "5eed0000-0000-4000-8000-00000000001a", "ivan@alder.example", "ivan@alder.example", True),
    "lena": (ALDER, "5eed0000-0000-4000-8000-00000000001e", "lena@alder.example", "lena@alder.example", True),
    "mike": (CEDAR, "5eed0000-0000-4000-8000-00000000003e", "mike@cedar.example", "mike@cedar.example", True),
    "nina": (ALDER, "5eed0000-0000-4000-8000-00000000002a", None, "alice@alder.onmicrosoft.com", None),
    "oleg": (
        ALDER, "5eed0000-0000-4000-8000-00000000000e", "\N{KELVIN SIGN}elvin@alder.example", "oleg@alder.example", True,
    ),
}
# fmt: on


@pytest.mark.parametrize("person", TABLE)
async def test_token_says_of_each_person_what_their_directory_holds(client: Client, person: str) -> None:
    claims = await client.sign_in(person)
    tenant, oid, email, upn, edov = TABLE[person]
    assert claims["tid"] == tenant
    assert claims["oid"] == oid
    assert (claims.get("email"), claims.get("upn")) == (email, upn)
    assert claims.get("xms_edov") is edov or claims.get("xms_edov") == edov
    assert type(claims.get("xms_edov")) is type(edov)
    assert ("xms_edov" in claims) == (email is not None)
    assert claims["preferred_username"] == (upn or email)
    assert claims["ver"] == "2.0"
    assert claims["aud"] == FIRST_CLIENT


@pytest.mark.parametrize(("person", "lifetime"), [("alice", 3_900), ("dave", 86_700)])
async def test_token_is_backdated_and_lives_as_long_as_its_class(client: Client, person: str, lifetime: int) -> None:
    claims = await client.sign_in(person)
    assert claims["iat"] == claims["nbf"]
    assert claims["exp"] - claims["iat"] == lifetime
    assert abs(claims["iat"] - (time.time() - 300)) < 10


async def test_work_token_has_a_session_id_and_personal_token_has_none(client: Client) -> None:
    work = await client.authorize("alice")
    claims = await client.verify((await client.redeem(work.reply["code"])).json["id_token"])
    assert claims["sid"] == work.reply["session_state"]
    assert {"uti", "rh", "aio"} <= claims.keys()
    assert not {"sid", "uti", "rh", "acct", "upn"} & (await client.sign_in("dave")).keys()


async def test_subjects_are_pairwise_and_have_the_shape_of_their_class(client: Client) -> None:
    subjects: dict[tuple[str, str], str] = {}
    for person, tenant in (("alice", "common"), ("dave", "consumers")):
        for client_id in (FIRST_CLIENT, PERSONAL_ONLY if person == "dave" else "c11e0000-0000-4000-8000-000000000002"):
            segment = "organizations" if person == "alice" else tenant
            claims = await client.sign_in(person, tenant=segment, client_id=client_id)
            subjects[person, client_id] = claims["sub"]
    assert len(set(subjects.values())) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", subject) for subject in subjects.values())
    assert all(subject.startswith("A" * 21) for (person, _), subject in subjects.items() if person == "dave")


ALICE_SUBJECT = "X638nnefWPAtSjoVk2w-pAwRs5JLONInnroTR4vsLCU"


async def test_subject_is_the_same_in_every_sign_in_and_after_a_restart(client: Client) -> None:
    assert (await client.sign_in())["sub"] == (await client.sign_in())["sub"] == ALICE_SUBJECT


@pytest.mark.parametrize("absent", ["email_verified", "amr", "acr", "azp", "groups", "c_hash", "at_hash", "oid_hash"])
async def test_claims_that_microsoft_does_not_send_are_absent(client: Client, absent: str) -> None:
    assert absent not in await client.sign_in()


async def test_only_ivan_has_roles(client: Client) -> None:
    assert (await client.sign_in("ivan"))["roles"] == ["admin", "reader"]
    assert "roles" not in await client.sign_in("alice")


@pytest.mark.parametrize(("person", "number"), [("judy", 50057), ("ken", 50105), ("grace", 50020)])
async def test_who_cannot_sign_in_here_stays_on_the_providers_page(client: Client, person: str, number: int) -> None:
    answer = await client.authorize(person)
    assert answer.status == 200
    assert f"AADSTS{number}: " in answer.text
    assert "Use another account" in answer.text


async def test_government_account_is_vouched_for_by_a_government_key_in_the_common_set(client: Client) -> None:
    """Under the same placeholder issuer as everybody's keys: only the key's cloud tells a client to refuse."""
    token = (await client.redeem(await client.code("mike"))).json["id_token"]
    keys = {key["kid"]: key for key in await client.keys()}
    signer = keys[jwt.get_unverified_header(token)["kid"]]
    alices = (await client.redeem(await client.code("alice"))).json["id_token"]
    other = keys[jwt.get_unverified_header(alices)["kid"]]
    assert signer["issuer"] == other["issuer"] == f"{client.peer.base_url}/{{tenantid}}/v2.0"
    assert signer["cloud_instance_name"] != other["cloud_instance_name"]


async def test_members_are_said_to_be_members(client: Client) -> None:
    assert (await client.sign_in("mallory"))["acct"] == 0


async def test_first_registration_issues_its_optional_claims(client: Client) -> None:
    claims = await client.sign_in()
    assert (claims["given_name"], claims["family_name"], claims["name"]) == ("Alice", "Alder", "Alice Alder")
    assert claims["login_hint"]
    assert abs(claims["auth_time"] - time.time()) < 10


async def test_personal_registration_issues_three_optional_claims_only(client: Client) -> None:
    claims = await client.sign_in("dave", tenant="consumers", client_id=PERSONAL_ONLY)
    assert claims["email"] == "dave@outlook.example"
    assert (claims["given_name"], claims["family_name"]) == ("Dave", "Doe")
    assert not {"xms_edov", "upn", "acct", "login_hint", "auth_time"} & claims.keys()


@pytest.mark.parametrize(
    ("scope", "present", "absent"),
    [
        ("openid email", {"tid", "email", "sub"}, {"oid", "name", "preferred_username", "upn", "given_name"}),
        ("openid profile", {"oid", "name", "preferred_username", "upn"}, {"id_token"}),
        ("openid", {"tid", "sub"}, {"oid", "name", "preferred_username"}),
    ],
)
async def test_scopes_decide_which_claims_come(client: Client, scope: str, present: set[str], absent: set[str]) -> None:
    claims = await client.sign_in("alice", scope=scope)
    assert present <= claims.keys()
    assert not absent & claims.keys()


async def test_email_comes_by_scope_where_no_optional_claim_asks(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, optional_claims=[])
    with_scope: dict[str, Any] = await client.sign_in("alice", scope="openid profile email")
    assert with_scope["email"] == "alice@alder.example"
    assert "xms_edov" not in with_scope
    assert "email" not in await client.sign_in("alice", scope="openid profile")


async def test_without_openid_there_is_no_id_token(client: Client) -> None:
    code = await client.code(scope="profile email")
    assert "id_token" not in (await client.redeem(code)).json
