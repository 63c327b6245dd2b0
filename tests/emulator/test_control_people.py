import time
from typing import Any

import pytest

from tests.emulator.client import ALDER, PERSONAL, Client
from tests.peers.microsoft import FIRST_CLIENT


async def test_person_can_be_added_and_removed(client: Client) -> None:
    shown = await client.peer.people("zoe", tenant="birch.example", email="zoe@birch.example", edov=True)
    assert shown["username"] == "zoe@birch.example"
    claims = await client.sign_in("zoe")
    assert (claims["oid"], claims["email"], claims["name"]) == (shown["oid"], "zoe@birch.example", "Zoe")
    await client.peer.people("zoe", remove=True)
    assert "AADSTS50034" in (await client.authorize("zoe")).text


async def test_personal_account_can_be_added(client: Client) -> None:
    await client.peer.people("yan", tenant=PERSONAL, email="yan@outlook.example")
    claims = await client.sign_in("yan", tenant="consumers")
    assert (claims["email"], claims["xms_edov"]) == ("yan@outlook.example", "1")
    assert claims["oid"].startswith("00000000-0000-0000-")


async def test_every_new_person_has_an_id_of_their_own(client: Client) -> None:
    oids = {(await client.peer.people(name))["oid"] for name in ("x1", "x2", "x3")}
    await client.peer.people("x1", remove=True)
    oids.add((await client.peer.people("x4"))["oid"])
    assert len(oids) == 4


@pytest.mark.parametrize("edov", [True, False, 1, "1", "true", None], ids=repr)
async def test_address_and_its_verdict_can_be_changed(client: Client, edov: Any) -> None:
    await client.peer.people("alice", email="alice@new.example", upn="a.new@alder.example", edov=edov)
    claims = await client.sign_in("alice")
    assert (claims["email"], claims["upn"]) == ("alice@new.example", "a.new@alder.example")
    assert claims.get("xms_edov") == edov
    assert type(claims.get("xms_edov")) is type(edov)


async def test_address_can_be_taken_away(client: Client) -> None:
    await client.peer.people("alice", email=None, upn=None)
    assert not {"email", "upn", "xms_edov"} & (await client.sign_in("alice")).keys()


async def test_sign_in_name_can_be_changed(client: Client) -> None:
    await client.peer.people("alice", username="alice.new@alder.example")
    assert (await client.sign_in("alice.new@alder.example"))["preferred_username"] == "alice.new@alder.example"
    assert "AADSTS50034" in (await client.authorize("alice@alder.example")).text


async def test_disabled_and_unassigned_people_come_back(client: Client) -> None:
    await client.peer.people("alice", disabled=True)
    assert "AADSTS50057" in (await client.authorize("alice")).text
    await client.peer.people("alice", disabled=False, unassign=[FIRST_CLIENT.upper()])
    assert "AADSTS50105" in (await client.authorize("alice")).text
    await client.peer.people("alice", assign=[FIRST_CLIENT])
    assert "code" in (await client.authorize("alice")).reply
    await client.peer.people("ken", assign=[FIRST_CLIENT])
    assert "code" in (await client.authorize("ken")).reply


async def test_assignment_counts_only_where_it_is_required(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, assignment_required=False)
    assert "code" in (await client.authorize("ken")).reply


async def test_roles_and_groups_can_be_changed(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, group_membership_claims="SecurityGroup")
    await client.peer.people("alice", roles=["writer"], groups=["a-group"])
    claims = await client.sign_in("alice")
    assert (claims["roles"], claims["groups"]) == (["writer"], ["a-group"])
    await client.peer.people("alice", roles=[], groups=None)
    claims = await client.sign_in("alice")
    assert "roles" not in claims
    assert len(claims["groups"]) == 2


async def test_reset_brings_everybody_back(client: Client) -> None:
    await client.peer.people("alice", email="x@y.example")
    await client.peer.people("bob", remove=True)
    await client.peer.people("zoe")
    await client.peer.clock(offset=-1000, frozen=True)
    await client.peer.reset()
    assert (await client.sign_in("alice"))["email"] == "alice@alder.example"
    assert "code" in (await client.authorize("bob")).reply
    assert "AADSTS50034" in (await client.authorize("zoe")).text
    clock = await client.peer.clock()
    assert (clock["offset"], clock["frozen"]) == (0, False)


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"person": "Not a name"}, "short name"),
        ({"person": "alice", "oid": "x"}, "oid"),
        ({"person": "zoe", "tenant": "nowhere.example"}, "directory"),
        ({"person": "alice", "tenant": "birch.example"}, "no account"),
        ({"person": "alice", "emial": "x"}, "emial"),
        ({"person": "alice", "guest_in": [{"tenant": "consumers", "oid": ALDER}]}, "guest"),
        ({"person": "alice", "guest_in": [{"tenant": "birch.example", "oid": "x"}]}, "oid"),
        ({}, "person"),
    ],
)
async def test_mistaken_order_is_told(client: Client, order: dict[str, Any], named: str) -> None:
    answer = await client.send("POST", "/_control/people", json=order)
    assert answer.status == 400
    assert named in answer.json["error"]


async def test_guest_object_is_revoked_by_its_directory(client: Client) -> None:
    token = (await client.tokens("frank", tenant=ALDER))["refresh_token"]
    await client.peer.people("frank", tenant=ALDER, revoke_sessions=True)
    assert (await client.refresh(token, tenant=ALDER)).json["error_codes"] == [50173]


async def test_person_can_be_invited_as_a_guest(client: Client) -> None:
    oid = "5eed0000-0000-4000-8000-00000000d000"
    await client.peer.registrations(
        client_id=FIRST_CLIENT, optional_claims=["upn", "acct", "idp", "include_externally_authenticated_upn"]
    )
    await client.peer.people("dave", guest_in=[{"tenant": "alder.example", "oid": oid}])
    claims = await client.sign_in("dave", tenant=ALDER)
    assert (claims["tid"], claims["oid"], claims["acct"], claims["idp"]) == (ALDER, oid, 1, "live.com")
    assert claims["upn"] == "dave_outlook.example#EXT#@alder.onmicrosoft.com"
    await client.peer.people("dave", guest_in=[])
    assert "AADSTS50020" in (await client.authorize("dave", tenant=ALDER)).text


async def test_clock_can_be_set_shifted_and_stopped(client: Client) -> None:
    assert (await client.peer.clock(set=1_790_000_000, frozen=True))["now"] == 1_790_000_000
    assert (await client.peer.clock())["now"] == 1_790_000_000
    assert (await client.peer.clock(advance=60))["now"] == 1_790_000_060
    running = await client.peer.clock(frozen=False)
    assert 1_790_000_060 <= running["now"] < 1_790_000_090
    back = await client.peer.clock(offset=-3_600)
    assert abs(back["now"] - (time.time() - 3_600)) < 10
    assert (await client.send("POST", "/_control/clock", json={"advance": 1e300})).status == 400
    assert (await client.send("POST", "/_control/clock", json={"advance": "soon"})).status == 400


async def test_tokens_are_dated_by_the_clock(client: Client) -> None:
    await client.peer.clock(set=int(time.time()) - 100, frozen=True)
    first, second = await client.sign_in("alice"), await client.sign_in("alice")
    assert first["iat"] == second["iat"] == (await client.peer.clock())["now"] - 300
