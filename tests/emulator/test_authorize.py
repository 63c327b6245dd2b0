import re
import uuid
from typing import Any

import pytest

from tests.emulator.client import CEDAR, CHALLENGE, REDIRECT_URI, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT


def error(answer: Answer) -> tuple[str, str]:
    """`error` and the AADSTS number of a redirect."""
    number = re.match(r"AADSTS([0-9]+): ", answer.reply["error_description"])
    assert number
    return answer.reply["error"], number[1]


async def test_work_code_is_long_and_comes_with_state_and_session_but_without_iss(client: Client) -> None:
    answer = await client.authorize("alice")
    assert answer.reply.keys() == {"code", "state", "session_state"}
    assert answer.reply["state"] == "the-state"
    assert len(answer.reply["code"]) >= 1_200
    assert str(uuid.UUID(answer.reply["session_state"])) == answer.reply["session_state"]
    assert "no-store" in answer.headers["Cache-Control"]


async def test_personal_code_is_short_and_has_its_own_form(client: Client) -> None:
    code = await client.code("dave")
    assert re.fullmatch(r"M\.C5[0-9]{2}_BAY\.2\.U\.[0-9a-f-]{36}", code)


async def test_answer_can_come_in_the_fragment(client: Client) -> None:
    answer = await client.authorize("alice", response_mode="fragment")
    assert answer.location.startswith(f"{REDIRECT_URI}#code=")
    assert answer.reply["state"] == "the-state"


async def test_answer_can_come_as_a_form_that_also_has_a_button(client: Client) -> None:
    answer = await client.authorize("alice", response_mode="form_post", state='"><script>')
    assert answer.status == 200
    assert f'<form method="post" action="{REDIRECT_URI}">' in answer.text
    assert re.search(r'name="code" value="1\.[^"]{1200,}"', answer.text)
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert '<button class="primary" type="submit">' in answer.text
    script = re.search(r"script-src ('sha256-[^']+')", answer.headers["Content-Security-Policy"])
    assert script


async def test_errors_come_back_in_the_response_mode_too(client: Client) -> None:
    answer = await client.authorize("alice:cancel", response_mode="form_post")
    assert 'name="error" value="access_denied"' in answer.text


async def test_request_may_be_posted(client: Client) -> None:
    form = client.authorization(login_hint="auto:alice")
    answer = await client.send("POST", "/common/oauth2/v2.0/authorize", data=form)
    assert answer.reply["code"]


async def test_cancel_comes_back_without_a_description(client: Client) -> None:
    answer = await client.authorize("alice:cancel")
    assert answer.reply == {"error": "access_denied", "error_subcode": "cancel", "state": "the-state"}


async def test_disabled_person_stays_on_the_providers_page(client: Client) -> None:
    answer = await client.authorize("judy")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "AADSTS50057: " in answer.text
    assert not answer.set_cookies


async def test_unknown_automatic_person_stays_on_the_providers_page(client: Client) -> None:
    answer = await client.authorize("nobody")
    assert answer.status == 200
    assert "AADSTS50034: " in answer.text


@pytest.mark.parametrize(
    "name", ["Alice", "alice@alder.example", "ALICE@ALDER.EXAMPLE"], ids=["short", "username", "case"]
)
async def test_a_person_is_found_by_short_name_and_sign_in_name(client: Client, name: str) -> None:
    assert (await client.sign_in(name))["oid"].endswith("a1")


async def test_a_mail_address_is_no_sign_in_name(client: Client) -> None:
    assert "AADSTS50034" in (await client.authorize("bob@elsewhere.example")).text


async def test_opaque_login_hint_finds_its_person_again(client: Client) -> None:
    hint = (await client.sign_in("dave"))["login_hint"]
    answer = await client.authorize(login_hint=hint, prompt="none")
    assert (await client.verify((await client.redeem(answer.reply["code"])).json["id_token"]))["oid"].endswith("01")
    assert (await client.authorize(login_hint=hint + "x", prompt="none")).reply["error"] == "login_required"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"response_type": None}, ("invalid_request", "900144")),
        ({"response_type": "id_token"}, ("unsupported_response_type", "700054")),
        ({"response_type": "code id_token"}, ("unsupported_response_type", "700054")),
        ({"response_type": "token"}, ("unsupported_response_type", "700051")),
        ({"response_type": "device"}, ("unsupported_response_type", "70005")),
        ({"response_mode": "web_message"}, ("invalid_request", "70007")),
        ({"scope": None}, ("invalid_request", "900144")),
        ({"scope": "openid calendar"}, ("invalid_client", "650053")),
        ({"code_challenge": None}, ("invalid_request", "50147")),
        ({"code_challenge": "short"}, ("invalid_request", "501491")),
        ({"code_challenge": "a" * 129}, ("invalid_request", "501491")),
        ({"code_challenge": "!" * 43}, ("invalid_request", "501491")),
        ({"code_challenge_method": "S512"}, ("invalid_request", "50149")),
        ({"prompt": "always"}, ("invalid_request", "90023")),
        ({"prompt": "none login"}, ("invalid_request", "90023")),
        # Microsoft's libraries know it; the service refuses it for the accounts that there are here.
        ({"prompt": "create"}, ("invalid_request", "90023")),
        ({"max_age": "-1"}, ("invalid_request", "90023")),
        ({"claims": "{"}, ("invalid_request", "90023")),
        ({"claims": "[]"}, ("invalid_request", "90023")),
        ({"claims": '{"id_token": 1}'}, ("invalid_request", "90023")),
        ({"claims": "[" * 5_000}, ("invalid_request", "90023")),
    ],
)
async def test_mistakes_after_client_and_redirect_go_back_to_the_application(
    client: Client, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = await client.authorize("alice", **changes)
    assert answer.location.startswith(REDIRECT_URI)
    assert error(answer) == expected
    assert answer.reply["state"] == "the-state"
    assert answer.reply["error_uri"].startswith(f"{client.peer.base_url}/error?code=")
    assert re.search(
        r"\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: [0-9a-f-]{36}\r\nTimestamp: [0-9-]{10} [0-9:]{8}Z$",
        answer.reply["error_description"],
    )


@pytest.mark.parametrize(
    ("changes", "number"),
    [({"client_id": None}, 900144), ({"redirect_uri": None}, 900144), ({"client_id": "unknown"}, 700016)],
)
async def test_mistakes_before_that_are_shown_on_a_page(client: Client, changes: dict[str, Any], number: int) -> None:
    answer = await client.authorize("alice", **changes)
    assert answer.status == 400
    assert f"AADSTS{number}: " in answer.text


async def test_repeated_parameter_is_refused_on_a_page(client: Client) -> None:
    query = [*client.authorization(login_hint="auto:alice").items(), ("redirect_uri", "https://evil.example/")]
    answer = await client.send("GET", "/common/oauth2/v2.0/authorize", params=query)
    assert answer.status == 400
    assert "AADSTS9000411: " in answer.text


async def test_request_without_state_is_answered_without(client: Client) -> None:
    assert "state" not in (await client.authorize("alice", state=None)).reply
    assert "state" not in (await client.authorize("alice:cancel", state="")).reply


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


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("consumers", "dave erin"),
        ("birch.example", "frank mallory"),
        (CEDAR, "mike"),
        ("partner.example", "grace"),
        ("unknown.example", "everybody"),
    ],
)
async def test_domain_hint_says_whom_the_page_offers(client: Client, hint: str, shown: str) -> None:
    page = (await client.authorize(domain_hint=hint)).text
    offered = re.findall(r'name="person" value="([a-z]+)"', page)
    assert " ".join(offered) == shown if shown != "everybody" else len(offered) == 16
    assert "code" in (await client.authorize("alice", domain_hint=hint)).reply


async def test_domain_hint_organizations_leaves_out_personal_accounts(client: Client) -> None:
    page = (await client.authorize(domain_hint="organizations")).text
    assert len(re.findall(r'name="person"', page)) == 14


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


async def test_client_info_comes_where_it_was_asked_for(client: Client) -> None:
    answer = await client.authorize("alice", client_info="1")
    assert answer.reply["client_info"]
    redeemed = await client.redeem(answer.reply["code"], client_info="1")
    assert redeemed.json["client_info"] == answer.reply["client_info"]


async def test_page_choice_is_checked_like_the_request_itself(client: Client) -> None:
    """The page's form carries the request; a changed one must not lead anywhere else."""
    request = f"client_id={FIRST_CLIENT}&response_type=code&scope=openid&redirect_uri=https://evil.example/"
    answer = await client.send("POST", "/common/login", data={"request": request, "person": "alice"})
    assert answer.status == 400
    assert "AADSTS50011: " in answer.text
    assert (await client.send("POST", "/common/login", data={"person": "alice"})).status == 400
    assert CHALLENGE not in answer.text


async def test_silent_sign_in_of_somebody_unassigned_goes_back_to_the_application(client: Client) -> None:
    await client.authorize("alice")
    await client.peer.people("alice", unassign=[FIRST_CLIENT])
    assert error(await client.authorize(prompt="none")) == ("access_denied", "50105")
