"""Each person of the emulator through the whole of the provider: who they are to us, and by which proof."""

import pytest

from tests.peers.microsoft import MicrosoftPeer
from tests.providers.stage import microsoft_section, sign_in_at_microsoft, staged

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
