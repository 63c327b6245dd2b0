"""Each person of the emulator through the whole of the provider: who they are to us, and by which proof."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.peers.microsoft import MicrosoftPeer
from tests.providers.stage import a_request, microsoft_section, sign_in_at_microsoft, staged

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
MSA = "9188040d-6c67-4c5b-b112-36a304b66dad"
WORK = "5eed0000-0000-4000-8000-0000000000"
PRIVATE = "00000000-0000-0000-da7e-0000000000"


@pytest.mark.parametrize(
    ("person", "tenant", "oid", "kind", "addresses"),
    [
        ("alice", ALDER, WORK + "a1", "member", [("alice@alder.example", "xms_edov")]),
        ("bob", ALDER, WORK + "b0", "member", [("bob@alder.example", "upn"), ("bob@elsewhere.example", None)]),
        ("carol", ALDER, WORK + "c0", "member", [("carol@alder.example", "upn")]),
        ("mallory", BIRCH, WORK + "e1", "member", [("mallory@birch.example", "upn"), ("alice@alder.example", None)]),
        ("dave", MSA, PRIVATE + "01", "personal", [("dave@outlook.example", "xms_edov")]),
        ("erin", MSA, PRIVATE + "02", "personal", [("erin@gmail.example", "xms_edov")]),
        ("nina", ALDER, WORK + "2a", "member", [("alice@alder.onmicrosoft.com", "upn")]),
    ],
)
async def test_each_person_is_who_they_are(
    microsoft_emulator: MicrosoftPeer,
    person: str,
    tenant: str,
    oid: str,
    kind: str,
    addresses: list[tuple[str, str | None]],
) -> None:
    async with staged({"providers": {"microsoft": {}}}, emulator_url=microsoft_emulator.base_url) as stage:
        identity = await sign_in_at_microsoft(stage.provider, person)
    assert identity.provider == "microsoft"
    assert identity.subject_key == f"emulator:{tenant}:{oid}"
    assert (identity.tenant, identity.account_class, identity.emulator) == (tenant, kind, True)
    assert [(each.address, each.verified_by) for each in identity.candidates] == addresses


async def test_names_roles_and_session_come_along(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        ivan = await sign_in_at_microsoft(stage.provider, "ivan")
        dave = await sign_in_at_microsoft(stage.provider, "dave")
    assert ivan.roles == ("admin", "reader")
    assert ivan.given_name == "Ivan"
    assert ivan.provider_session_id is not None
    assert dave.provider_session_id is None
    assert len(ivan.subject) == 43


async def test_a_custom_cloud_has_a_name_of_its_own_and_is_no_emulator(microsoft_emulator: MicrosoftPeer) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        identity = await sign_in_at_microsoft(stage.provider, "alice")
    assert identity.subject_key == f"custom:localhost:{ALDER}:{WORK}a1"
    assert identity.emulator is False


async def asked_of(base_url: str, members: dict[str, Any], **options: Any) -> dict[str, list[str]]:
    async with staged(microsoft_section(base_url, **members)) as stage:
        return parse_qs(urlsplit(await stage.provider.authorization_url(a_request(**options))).query)


async def test_the_response_mode_is_always_said(microsoft_emulator: MicrosoftPeer) -> None:
    assert (await asked_of(microsoft_emulator.base_url, {}))["response_mode"] == ["query"]


async def test_a_prompt_of_the_request_wins_over_the_configured_one(microsoft_emulator: MicrosoftPeer) -> None:
    base_url = microsoft_emulator.base_url
    assert "prompt" not in await asked_of(base_url, {})
    assert (await asked_of(base_url, {"prompt": "consent"}))["prompt"] == ["consent"]
    assert (await asked_of(base_url, {"prompt": "consent"}, prompt="login"))["prompt"] == ["login"]


async def test_a_hint_does_not_answer_the_question_that_select_account_asks(microsoft_emulator: MicrosoftPeer) -> None:
    asked = await asked_of(microsoft_emulator.base_url, {}, prompt="select_account", login_hint="alice@alder.example")
    assert "login_hint" not in asked


async def test_an_age_of_zero_is_an_age(microsoft_emulator: MicrosoftPeer) -> None:
    assert (await asked_of(microsoft_emulator.base_url, {}, max_age=0))["max_age"] == ["0"]


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", ALDER, "alder.example"])
async def test_each_tenant_has_its_own_segment_for_the_whole_sign_in(
    microsoft_emulator: MicrosoftPeer, tenant: str
) -> None:
    person = "dave" if tenant == "consumers" else "alice"
    async with staged(microsoft_section(microsoft_emulator.base_url, tenant=tenant)) as stage:
        identity = await sign_in_at_microsoft(stage.provider, person)
    assert identity.tenant == (MSA if tenant == "consumers" else ALDER)


async def test_the_code_goes_out_with_the_credential_in_the_form_and_without_origin(
    microsoft_emulator: MicrosoftPeer,
) -> None:
    async with staged(microsoft_section(microsoft_emulator.base_url)) as stage:
        await sign_in_at_microsoft(stage.provider, "alice")
    (request,) = [each for each in await microsoft_emulator.requests() if each["path"].endswith("/token")]
    assert set(request["form"]) == {
        "grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret",
    }  # fmt: skip
    headers = {name.lower() for name in request["headers"]}
    assert "client-request-id" in headers
    assert not {"origin", "cookie", "authorization"} & headers


async def test_a_trusted_tenant_proves_the_addresses_of_its_members(microsoft_emulator: MicrosoftPeer) -> None:
    email = {"trusted_tenants": [{"tenant": ALDER, "domains": ["elsewhere.example"]}]}
    async with staged(microsoft_section(microsoft_emulator.base_url, email=email)) as stage:
        bob = await sign_in_at_microsoft(stage.provider, "bob")
    assert bob.candidates[1].verified_by == "trusted_tenant"
