"""What being signed in at the provider is good for, and when it is not enough."""

from typing import Any

import pytest

from tests.emulator.client import Client
from tests.emulator.test_authorize import error
from tests.peers.microsoft import FIRST_CLIENT


async def test_prompt_none_needs_a_session(client: Client) -> None:
    answer = await client.authorize(prompt="none")
    assert error(answer) == ("login_required", "50058")
    await client.authorize("alice")
    assert "code" in (await client.authorize(prompt="none")).reply
    assert error(await client.authorize(prompt="none", login_hint="bob")) == ("login_required", "50058")
    assert error(await client.authorize(prompt="none", tenant="consumers")) == ("login_required", "50058")


async def test_automatic_choice_does_not_get_around_prompt_none(client: Client) -> None:
    assert error(await client.authorize("alice", prompt="none")) == ("login_required", "50058")


async def test_silent_answer_keeps_session_and_time_of_sign_in(client: Client) -> None:
    first = await client.authorize("alice")
    before = await client.verify((await client.redeem(first.reply["code"])).json["id_token"])
    client.peer.advance(100)
    again = await client.authorize(login_hint="alice@alder.example")
    after = await client.verify((await client.redeem(again.reply["code"])).json["id_token"])
    assert after["sid"] == before["sid"]
    assert after["auth_time"] == before["auth_time"]
    assert 99 <= after["iat"] - before["iat"] <= 110


@pytest.mark.parametrize(
    "changes",
    [{"prompt": "login"}, {"prompt": "select_account"}, {"prompt": "consent"}, {"max_age": "60"}, {"max_age": "0"}],
    ids=str,
)
async def test_signed_in_person_is_asked_again_where_the_request_says_so(
    client: Client, changes: dict[str, Any]
) -> None:
    await client.authorize("alice")
    client.peer.advance(61)
    asked = await client.authorize(login_hint="alice", **changes)
    assert asked.status == 200
    assert "<h1>Sign in</h1>" in asked.text


async def test_recent_session_satisfies_max_age(client: Client) -> None:
    await client.authorize("alice")
    client.peer.advance(50)
    assert (await client.authorize(login_hint="alice", max_age="60")).status == 302
    client.peer.advance(11)
    assert error(await client.authorize(prompt="none", max_age="60")) == ("login_required", "50058")


async def test_several_accounts_in_one_browser_have_to_be_told_apart(client: Client) -> None:
    for person in ("alice", "bob"):
        await client.authorize(person)
    assert error(await client.authorize(prompt="none")) == ("interaction_required", "16000")
    for person in ("alice", "bob"):
        assert "code" in (await client.authorize(prompt="none", login_hint=person)).reply


async def test_same_person_signing_in_again_in_one_browser_keeps_the_session_id(client: Client) -> None:
    first, again = await client.sign_in("alice"), await client.sign_in("alice")
    assert first["sid"] == again["sid"]
    assert (await client.sign_in("bob"))["sid"] != first["sid"]


async def test_revoked_and_disabled_people_are_no_longer_signed_in(client: Client) -> None:
    for change in ({"revoke_sessions": True}, {"disabled": True}, {"remove": True}):
        await client.authorize("alice")
        assert "code" in (await client.authorize(prompt="none")).reply
        await client.peer.people("alice", **change)
        assert error(await client.authorize(prompt="none")) == ("login_required", "50058")
        await client.peer.reset()


async def test_claims_can_ask_for_an_authentication_context(client: Client) -> None:
    await client.authorize("alice")
    wanted = '{"id_token": {"acrs": {"essential": true, "values": ["c1", "c2"]}}}'
    # The session at hand is not strong enough.
    assert error(await client.authorize(prompt="none", claims=wanted)) == ("login_required", "50058")
    assert (await client.sign_in("alice", claims=wanted))["acrs"] == ["c1", "c2"]
    silent = await client.authorize(
        prompt="none", claims=wanted.replace("values", "value").replace('["c1", "c2"]', '"c3"')
    )
    claims = await client.verify((await client.redeem(silent.reply["code"])).json["id_token"])
    assert claims["acrs"] == ["c3"]
    assert "acrs" not in await client.sign_in("alice")


async def test_session_cookie_has_its_prefix_and_a_changed_one_counts_for_nothing(client: Client) -> None:
    answer = await client.authorize("alice")
    (cookie,) = answer.set_cookies
    assert cookie.startswith("emu_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    value = cookie.partition("=")[2].partition(";")[0]
    client.http.cookie_jar.clear()
    for forged in (value[:-1] + ("0" if value[-1] != "0" else "1"), "." + value.partition(".")[2], "x", ""):
        query = client.authorization(prompt="none")
        refused = await client.send(
            "GET", "/common/oauth2/v2.0/authorize", params=query, headers={"Cookie": f"emu_session={forged}"}
        )
        assert error(refused) == ("login_required", "50058")


async def test_silent_sign_in_of_somebody_unassigned_goes_back_to_the_application(client: Client) -> None:
    await client.authorize("alice")
    await client.peer.people("alice", unassign=[FIRST_CLIENT])
    assert error(await client.authorize(prompt="none")) == ("access_denied", "50105")
