import asyncio
import base64
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.emulator.client import CHALLENGE, VERIFIER, Answer, Client
from tests.peers.microsoft import SECRET

ORGANIZATIONS = "c11e0000-0000-4000-8000-000000000002"
EXPIRED = "c11e0000-0000-4000-8000-000000000004"
PUBLIC = "c11e0000-0000-4000-8000-000000000005"
FIRST_CLIENT = "c11e0000-0000-4000-8000-00000000000c"


def error(answer: Answer) -> tuple[int, str, int]:
    """Status, `error` and AADSTS number."""
    (number,) = answer.json["error_codes"]
    return answer.status, answer.json["error"], number


async def test_success_has_all_members_and_is_not_stored(client: Client) -> None:
    answer = await client.redeem(await client.code())
    body = answer.json
    assert body.keys() == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token", "id_token"}
    assert body["token_type"] == "Bearer"
    assert body["scope"] == "openid profile email"
    assert type(body["expires_in"]) is int
    assert 3_599 <= body["expires_in"] <= 5_400
    assert answer.headers["Cache-Control"] == "no-store, no-cache"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("application/json")


async def test_personal_access_token_is_not_even_shaped_as_a_jwt(client: Client) -> None:
    work = (await client.redeem(await client.code("alice"))).json["access_token"]
    personal = (await client.redeem(await client.code("dave"))).json["access_token"]
    assert work.count(".") == 2
    assert personal.startswith("EwB")
    assert "." not in personal


async def test_error_is_complete(client: Client) -> None:
    answer = await client.redeem("made-up")
    body = answer.json
    assert body.keys() == {
        *("error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"),
    }
    text = f"Trace ID: {body['trace_id']}\r\nCorrelation ID: {body['correlation_id']}\r\nTimestamp: {body['timestamp']}"
    assert body["error_description"].startswith("AADSTS9002313: ")
    assert body["error_description"].endswith("\r\n" + text)
    assert body["error_uri"] == f"{client.peer.base_url}/error?code=9002313"
    at = datetime.strptime(body["timestamp"], "%Y-%m-%d %H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 10
    assert re.fullmatch(r"[0-9a-f-]{36}", body["trace_id"])
    assert "no-store" in answer.headers["Cache-Control"]


async def test_client_request_id_is_echoed_where_asked_and_becomes_the_correlation_id(client: Client) -> None:
    wanted = "0b87b6e5-1b2f-4a3f-9a8e-0c4d1f2a3b4c"
    headers = {"client-request-id": wanted, "return-client-request-id": "true"}
    refused = await client.redeem("made-up", headers=headers)
    assert refused.headers["client-request-id"] == refused.json["correlation_id"] == wanted
    granted = await client.redeem(await client.code(), headers=headers)
    assert granted.headers["client-request-id"] == wanted
    quiet = await client.redeem("made-up", headers={"client-request-id": wanted})
    assert "client-request-id" not in quiet.headers
    odd = await client.redeem("made-up", headers={"client-request-id": "x" * 36})
    assert odd.json["correlation_id"] != "x" * 36


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_taken(client: Client, method: str) -> None:
    assert error(await client.send(method, "/common/oauth2/v2.0/token")) == (400, "invalid_request", 900561)


async def test_each_check_comes_before_the_next(client: Client) -> None:
    """One request with everything wrong, mended step by step."""
    used = await client.code()
    assert (await client.redeem(used)).status == 200
    elsewhere = await client.code(tenant="organizations", code_challenge=CHALLENGE)
    form: dict[str, str] = {}
    steps: list[tuple[dict[str, str], str, tuple[int, str, int]]] = [
        ({}, "nowhere", (400, "invalid_request", 900144)),
        ({"grant_type": "device"}, "nowhere", (400, "unsupported_grant_type", 70003)),
        ({"grant_type": "authorization_code"}, "nowhere", (400, "invalid_request", 90002)),
        ({}, "common", (400, "invalid_request", 900144)),
        ({"client_id": "unknown"}, "common", (400, "unauthorized_client", 700016)),
        ({"client_id": FIRST_CLIENT}, "common", (401, "invalid_client", 7000218)),
        ({"client_secret": "wrong"}, "common", (401, "invalid_client", 7000215)),
        ({"client_secret": SECRET}, "common", (400, "invalid_request", 900144)),
        ({"code": "made-up"}, "common", (400, "invalid_grant", 9002313)),
        ({"code": "M.C500_made-up"}, "common", (400, "invalid_grant", 70000)),
        ({"code": used}, "common", (400, "invalid_grant", 54005)),
        ({"code": elsewhere}, "common", (400, "invalid_grant", 700005)),
        ({}, "organizations", (400, "invalid_request", 900144)),
        (
            {"redirect_uri": "http://localhost:8001/thirdparty/callback"},
            "organizations",
            (401, "invalid_client", 500112),
        ),
        (
            {"redirect_uri": "http://localhost:8000/thirdparty/callback"},
            "organizations",
            (400, "invalid_grant", 501481),
        ),
        ({"code_verifier": "w" * 43}, "organizations", (400, "invalid_grant", 501481)),
        ({"code_verifier": VERIFIER, "scope": "calendar"}, "organizations", (400, "invalid_scope", 70011)),
    ]
    for added, tenant, expected in steps:
        form |= added
        assert error(await client.send("POST", f"/{tenant}/oauth2/v2.0/token", data=form)) == expected, (added, tenant)
    del form["scope"]
    assert (await client.send("POST", "/organizations/oauth2/v2.0/token", data=form)).status == 200


async def test_code_is_redeemed_once(client: Client) -> None:
    code = await client.code()
    assert (await client.redeem(code)).status == 200
    assert error(await client.redeem(code)) == (400, "invalid_grant", 54005)


async def test_of_many_redemptions_at_once_one_succeeds(client: Client) -> None:
    code = await client.code()
    answers = await asyncio.gather(*(client.redeem(code) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 7


async def test_code_expires_after_ten_minutes(client: Client) -> None:
    first, second = await client.code(), await client.code()
    client.peer.advance(595)
    assert (await client.redeem(first)).status == 200
    client.peer.advance(6)
    assert error(await client.redeem(second)) == (400, "invalid_grant", 70008)
    # A replay is told as one even then.
    assert error(await client.redeem(first)) == (400, "invalid_grant", 54005)


async def test_code_of_long_ago_is_forgotten(client: Client) -> None:
    code = await client.code()
    client.peer.advance(1_201)
    await client.code()
    assert error(await client.redeem(code)) == (400, "invalid_grant", 9002313)


async def test_failed_client_authentication_leaves_the_code_usable(client: Client) -> None:
    code = await client.code()
    for secret in (None, "wrong", "0b87b6e5-1b2f-4a3f-9a8e-0c4d1f2a3b4c"):
        assert (await client.redeem(code, client_secret=secret)).status == 401
    assert (await client.redeem(code, client_secret="emulator-secret-2")).status == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": ORGANIZATIONS}, (401, "invalid_client", 500112)),
        ({"redirect_uri": "http://127.0.0.1:8000/thirdparty/callback"}, (401, "invalid_client", 500112)),
        ({"code_verifier": None}, (400, "invalid_grant", 501481)),
        ({"code_verifier": CHALLENGE}, (400, "invalid_grant", 501481)),
    ],
    ids=str,
)
async def test_code_is_bound_to_client_redirect_and_verifier(
    client: Client, changes: dict[str, Any], expected: tuple[int, str, int]
) -> None:
    code = await client.code()
    assert error(await client.redeem(code, **changes)) == expected


@pytest.mark.parametrize(
    ("issued", "redeemed", "fits"),
    [
        ("common", "organizations", False),
        ("common", "alder.example", False),
        ("alder.example", "a1de0000-0000-4000-8000-000000000001", True),
        ("organizations", "ORGANIZATIONS", True),
    ],
)
async def test_code_is_bound_to_its_tenant_segment(client: Client, issued: str, redeemed: str, fits: bool) -> None:
    answer = await client.redeem(await client.code(tenant=issued), tenant=redeemed)
    if fits:
        assert answer.status == 200
    else:
        assert error(answer) == (400, "invalid_grant", 700005)


async def test_consumers_and_its_guid_are_one_segment(client: Client) -> None:
    code = await client.code("dave", tenant="consumers")
    assert (await client.redeem(code, tenant="9188040d-6c67-4c5b-b112-36a304b66dad")).status == 200


async def test_personal_accounts_have_their_own_number_for_a_wrong_verifier(client: Client) -> None:
    assert error(await client.redeem(await client.code("dave"), code_verifier="w" * 43))[2] == 50148


@pytest.mark.parametrize("method", [None, "plain"])
async def test_challenge_without_a_method_is_plain(client: Client, method: str | None) -> None:
    changes: dict[str, Any] = {"code_challenge": VERIFIER, "code_challenge_method": method}
    assert (await client.redeem(await client.code(**changes))).status == 200
    assert error(await client.redeem(await client.code(**changes), code_verifier="w" * 43))[2] == 501481


async def test_code_without_a_challenge_takes_no_verifier(client: Client) -> None:
    changes: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
    assert error(await client.redeem(await client.code(**changes)))[2] == 501481
    assert (await client.redeem(await client.code(**changes), code_verifier=None)).status == 200


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def test_secret_may_come_by_http_basic(client: Client) -> None:
    without: dict[str, Any] = {"client_id": None, "client_secret": None}
    answer = await client.redeem(await client.code(), headers=basic(FIRST_CLIENT, "emulator%2Dsecret"), **without)
    assert answer.status == 200
    wrong = await client.redeem(await client.code(), headers=basic(FIRST_CLIENT, "wrong"), **without)
    assert error(wrong) == (401, "invalid_client", 7000215)


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        (basic(FIRST_CLIENT, SECRET), 90013),
        (basic(ORGANIZATIONS, SECRET), 90013),
        ({"Authorization": "Basic %%%"}, 70002),
    ],
)
async def test_two_ways_to_authenticate_at_once_are_refused(
    client: Client, headers: dict[str, str], number: int
) -> None:
    assert error(await client.redeem(await client.code(), headers=headers))[2] == number


async def test_expired_secrets_are_told_as_expired(client: Client) -> None:
    code = await client.code(client_id=EXPIRED)
    for secret in (SECRET, "emulator-secret-2"):
        answer = await client.redeem(code, client_id=EXPIRED, client_secret=secret)
        assert error(answer) == (401, "invalid_client", 7000222)
    assert error(await client.redeem(code, client_id=EXPIRED, client_secret="wrong"))[2] == 7000215


async def test_public_client_authenticates_by_pkce_alone(client: Client) -> None:
    code = await client.code(client_id=PUBLIC)
    assert error(await client.redeem(code, client_id=PUBLIC)) == (401, "invalid_client", 700025)
    assert (await client.redeem(code, client_id=PUBLIC, client_secret=None)).status == 200


async def test_confidential_client_must_not_redeem_from_a_page(client: Client) -> None:
    answer = await client.redeem(await client.code(), headers={"Origin": "http://localhost:8888"})
    assert error(answer) == (400, "invalid_request", 9002326)


async def test_body_that_is_no_form_holds_no_parameters(client: Client) -> None:
    body = {"grant_type": "authorization_code"}
    assert error(await client.send("POST", "/common/oauth2/v2.0/token", json=body))[2] == 900144
    large = {"grant_type": "authorization_code", "code": "x" * 70_000}
    assert error(await client.send("POST", "/common/oauth2/v2.0/token", data=large))[2] == 900144


async def test_repeated_parameter_is_refused(client: Client) -> None:
    body = "grant_type=authorization_code&code=a&code=b"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.send("POST", "/common/oauth2/v2.0/token", data=body, headers=headers)
    assert error(answer) == (400, "invalid_request", 9000411)
