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
