"""Groups by the token and by Graph: these, or nobody knows which, and never none where there may be some."""

import json
from typing import Any

import pytest

from tests.peers.microsoft import FIRST_CLIENT, MicrosoftPeer
from tests.providers.stage import microsoft_section, sign_in_at_microsoft, staged

OVERAGE = {"groups_overage": True}
IVANS = ["6e000000-0000-4000-8000-000000000001", "6e000000-0000-4000-8000-000000000002"]


def section(peer: MicrosoftPeer, groups: str = "graph", **members: Any) -> dict[str, Any]:
    asked = {
        "groups": groups,
        "session_claims": ["groups"],
        "scopes": ["openid", "profile", "email", "GroupMember.Read.All"],
        "graph": f"{peer.base_url}/graph",
    }
    return microsoft_section(peer.base_url, **(asked | members))


@pytest.fixture
async def peer(microsoft_emulator: MicrosoftPeer) -> MicrosoftPeer:
    """An emulator whose first registration puts groups into tokens; Heidi may consent to having them read."""
    await microsoft_emulator.people("heidi", admin=True)
    await microsoft_emulator.registrations(client_id=FIRST_CLIENT, group_membership_claims="SecurityGroup")
    return microsoft_emulator


async def told(peer: MicrosoftPeer, person: str, groups: str = "graph", **members: Any) -> dict[str, Any]:
    async with staged(section(peer, groups, **members)) as stage:
        return dict((await sign_in_at_microsoft(stage.provider, person)).session_claims)


async def test_groups_of_the_token_are_taken_and_nobody_is_asked(peer: MicrosoftPeer) -> None:
    assert await told(peer, "ivan") == await told(peer, "ivan", "token") == {"groups": IVANS}
    assert not [key for key in await peer.counters() if "graph" in key]


async def test_more_groups_than_a_token_holds_are_unknown_unless_graph_is_asked(peer: MicrosoftPeer) -> None:
    assert await told(peer, "heidi", "token") == OVERAGE
    found = (await told(peer, "heidi"))["groups"]
    assert len(set(found)) == len(found) == 250


async def test_a_token_that_says_nothing_has_graph_asked_too(microsoft_emulator: MicrosoftPeer) -> None:
    assert await told(microsoft_emulator, "ivan") == {"groups": IVANS}
    assert await told(microsoft_emulator, "ivan", "token") == {}


async def test_personal_accounts_have_none_and_nobody_is_asked(peer: MicrosoftPeer) -> None:
    async with staged(section(peer, scopes=["openid", "profile", "email"])) as stage:
        assert (await sign_in_at_microsoft(stage.provider, "dave")).session_claims == {}


async def test_without_leave_to_read_them_groups_are_unknown(peer: MicrosoftPeer) -> None:
    async with staged(section(peer, scopes=["openid", "profile", "email"])) as stage:
        assert (await sign_in_at_microsoft(stage.provider, "heidi")).session_claims == OVERAGE


async def test_a_slow_graph_holds_a_sign_in_up_for_two_seconds_and_the_next_one_not_at_all(peer: MicrosoftPeer) -> None:
    async with staged(section(peer)) as stage:
        await peer.fault("graph", delay=4.0)
        for _ in range(2):
            assert (await sign_in_at_microsoft(stage.provider, "heidi")).session_claims == OVERAGE
        assert [kind for _, kind, _ in stage.watch.calls].count("graph") == 1
        stage.clock.advance(16)
        assert "groups" in (await sign_in_at_microsoft(stage.provider, "heidi")).session_claims


def page(*ids: object, **more: object) -> str:
    return json.dumps({"value": [{"@odata.type": "#microsoft.graph.group", "id": each} for each in ids], **more})


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 200, "body": "<html>", "content_type": "text/html"},
        {"status": 200, "body": '{"value": [{"id": 1}]}', "content_type": "application/json"},
        {"status": 200, "body": '{"value": "none"}', "content_type": "application/json"},
        {"status": 200, "body": page("not-a-guid"), "content_type": "application/json"},
        {"reset": True},
    ],
    ids=["down", "a page", "no id", "no list", "no guid", "reset"],
)
async def test_a_graph_that_fails_fails_no_sign_in(peer: MicrosoftPeer, fault: dict[str, Any]) -> None:
    async with staged(section(peer)) as stage:
        await peer.fault("graph", **(fault | {"times": 2 if "reset" in fault else 1}))
        assert (await sign_in_at_microsoft(stage.provider, "heidi")).session_claims == OVERAGE


@pytest.mark.parametrize(
    "where", ["https://graph.windows.net/x", "http://localhost:1/graph", "//evil.example", 5, None]
)
async def test_the_next_page_is_fetched_from_graph_or_not_at_all(peer: MicrosoftPeer, where: object) -> None:
    body = page(IVANS[0], **{"@odata.nextLink": where})
    async with staged(section(peer)) as stage:
        await peer.fault("graph", status=200, body=body, content_type="application/json")
        assert (await sign_in_at_microsoft(stage.provider, "heidi")).session_claims == OVERAGE
        assert {kind for _, kind, _ in stage.watch.calls} == {"discovery", "keys", "token", "graph"}


async def test_where_the_token_says_to_look_nobody_looks(peer: MicrosoftPeer) -> None:
    """`_claim_sources` is a choice of the token's whom we call with our person's token."""
    sources = {"src1": {"endpoint": f"{peer.base_url}/evil"}}
    await peer.claims(set={"_claim_names": {"groups": "src1"}, "_claim_sources": sources}, remove=["groups"])
    async with staged(section(peer, "token")) as stage:
        assert (await sign_in_at_microsoft(stage.provider, "ivan")).session_claims == OVERAGE
    assert not [each for each in await peer.requests() if "evil" in each["path"]]
