import asyncio
import base64
import gzip
import io
import json
from typing import Any

import aiohttp
import pytest
from starlette.applications import Starlette

from broker.emulator.app import create_app
from tests.emulator.client import REDIRECT_URI, Client
from tests.peers.microsoft import FIRST_CLIENT, SECRET

ORDERS = ["faults", "claims", "keys", "registrations", "reset"]
DISCOVERY = "/common/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json", None]
)
async def test_order_in_another_media_type_is_refused(client: Client, order: str, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    request = {"data": b"{}", "headers": headers, "skip_auto_headers": ["Content-Type"]}
    assert (await client.send("POST", f"/_control/{order}", **request)).status == 415


@pytest.mark.parametrize("origin", ["http://localhost:8888", "null", "BASE"])
async def test_no_web_page_can_give_orders_or_read(client: Client, origin: str) -> None:
    headers = {"Origin": origin.replace("BASE", client.peer.base_url)}
    for order in ORDERS:
        assert (await client.send("POST", f"/_control/{order}", json={}, headers=headers)).status == 403
    assert (await client.send("GET", "/_control/requests", headers=headers)).status == 403
    for site in ("same-origin", "same-site", "cross-site"):
        assert (await client.send("GET", "/_control/requests", headers={"Sec-Fetch-Site": site})).status == 403


def paths(app: Starlette) -> set[str]:
    return {str(getattr(route, "path", "")) for route in app.routes}


def test_control_is_absent_unless_asked_for() -> None:
    assert not any(path.startswith("/_control") for path in paths(create_app(base_url=None, control=False)))
    assert {f"/_control/{order}" for order in [*ORDERS, "requests"]} <= paths(create_app(base_url=None, control=True))


@pytest.mark.parametrize(
    ("order", "body", "named"),
    [
        ("faults", {"endpoint": "nowhere", "status": 500}, "endpoint"),
        ("faults", {"endpoint": "token"}, "nothing that should go wrong"),
        ("faults", {"endpoint": "token", "stauts": 500}, "stauts: is not known; there are endpoint, tenant, times"),
        ("faults", {"status": 500}, "endpoint: is missing"),
        ("faults", {"endpoint": "token", "status": 99}, "status"),
        ("claims", {"person": "alice", "sign": "none"}, "sign"),
        ("claims", {"person": "nobody"}, "there is nobody called nobody; there are alice, bob"),
        ("claims", {"shift": {"exp": "soon"}}, "shift.exp"),
        ("keys", {"action": "lose"}, "action"),
        ("keys", {"action": "own"}, "order: client_id goes with"),
        ("keys", {"action": "rotate", "client_id": FIRST_CLIENT}, "client_id"),
        ("registrations", {"client_id": "x"}, "client_id"),
        ("registrations", {"client_id": FIRST_CLIENT, "add_redirect_uris": ["http://app.example/"]}, "https"),
        ("registrations", {"client_id": FIRST_CLIENT, "add_redirect_uris": ["http://[/"]}, "URL"),
        ("registrations", {"client_id": FIRST_CLIENT, "tenant": "common"}, "directory"),
    ],
)
async def test_mistaken_order_is_refused_and_told_why(
    client: Client, order: str, body: dict[str, Any], named: str
) -> None:
    answer = await client.send("POST", f"/_control/{order}", json=body)
    assert answer.status == 400
    assert named in answer.json["error"]


async def test_order_that_is_no_json_or_too_large_is_refused(client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await client.send("POST", "/_control/keys", data="{", headers=headers)).status == 400
    assert (
        await client.send("POST", "/_control/keys", data=io.BytesIO(b" " * 1_100_000), headers=headers)
    ).status == 413


async def test_fault_hits_the_next_request_and_no_other(client: Client) -> None:
    await client.peer.fault("token", aadsts=7000222)
    code = await client.code()
    refused = await client.redeem(code)
    assert (refused.status, refused.json["error_codes"]) == (401, [7000222])
    assert (await client.redeem(code)).status == 200


async def test_fault_waits_for_its_endpoint_and_tenant(client: Client) -> None:
    await client.peer.fault("keys", tenant="alder.example", status=503)
    assert (await client.send("GET", DISCOVERY)).status == 200
    assert (await client.send("GET", "/common/discovery/v2.0/keys")).status == 200
    path = "/a1de0000-0000-4000-8000-000000000001/discovery/v2.0/keys"
    assert (await client.send("GET", path)).status == 503
    assert (await client.send("GET", path)).status == 200


async def test_fault_can_hit_several_times(client: Client) -> None:
    await client.peer.fault("discovery", status=500, body="<h1>Oops</h1>", content_type="text/html", times=2)
    answers = [await client.send("GET", DISCOVERY) for _ in range(3)]
    assert [answer.status for answer in answers] == [500, 500, 200]
    assert answers[0].text == "<h1>Oops</h1>"
    assert answers[0].headers["Content-Type"] == "text/html"


async def test_metadata_can_fail_with_a_number(client: Client) -> None:
    await client.peer.fault("discovery", aadsts=90033)
    answer = await client.send("GET", DISCOVERY)
    assert (answer.status, answer.json["error"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("number", "name", "at_token"),
    [
        (65004, "access_denied", None),
        (50058, "login_required", None),
        (50076, "interaction_required", ("invalid_grant", "basic_action")),
        (53003, "access_denied", ("invalid_grant", "message_only")),
        (65001, "consent_required", ("invalid_grant", "consent_required")),
        (90033, "temporarily_unavailable", ("temporarily_unavailable", None)),
        (700016, "unauthorized_client", ("unauthorized_client", None)),
        (1234567, "invalid_request", ("invalid_request", None)),
    ],
)
async def test_faults_by_number_have_the_name_of_their_place(
    client: Client, number: int, name: str, at_token: tuple[str, str | None] | None
) -> None:
    await client.peer.fault("authorize", aadsts=number)
    answer = await client.authorize("alice")
    assert answer.reply["error"] == name
    assert answer.reply["error_description"].startswith(f"AADSTS{number}: ")
    assert answer.reply["state"] == "the-state"
    if at_token is not None:
        await client.peer.fault("token", aadsts=number)
        body = (await client.redeem("any")).json
        assert (body["error"], body.get("suberror")) == at_token


async def test_authorize_fault_can_stay_on_the_providers_page(client: Client) -> None:
    await client.peer.fault("authorize", aadsts=50105, where="page")
    answer = await client.authorize("alice")
    assert answer.status == 200
    assert "AADSTS50105: " in answer.text


async def test_fault_can_have_no_number_as_half_of_the_service_has(client: Client) -> None:
    await client.peer.fault("authorize", error="server_error")
    assert (await client.authorize("alice")).reply == {"error": "server_error", "state": "the-state"}
    what = {"error": "interaction_required", "error_description": "More", "suberror": "basic_action", "claims": "{}"}
    await client.peer.fault("token", **what)
    body = (await client.redeem("any")).json
    assert body["error_codes"] == []
    assert {name: body[name] for name in ("error", "suberror", "claims")} == {
        "error": "interaction_required",
        "suberror": "basic_action",
        "claims": "{}",
    }


async def test_throttling_is_bare_text_with_retry_after(client: Client) -> None:
    await client.peer.fault("token", status=429, headers={"Retry-After": "60"}, body="Too Many Requests")
    code = await client.code()
    answer = await client.redeem(code)
    assert (answer.status, answer.text, answer.headers["Retry-After"]) == (429, "Too Many Requests", "60")
    assert (await client.redeem(code)).status == 200


async def test_throttling_lasts_on_the_emulators_clock(client: Client) -> None:
    await client.peer.fault("token", throttle=60)
    code = await client.code()
    waits = []
    for _ in range(2):
        answer = await client.redeem(code)
        assert (answer.status, answer.text) == (429, "Too Many Requests")
        waits.append(answer.headers["Retry-After"])
        client.peer.advance(30.5)
    assert waits == ["60", "30"]
    assert (await client.redeem(code)).status == 200


async def test_fault_can_last_for_seconds(client: Client) -> None:
    await client.peer.fault("discovery", status=503, seconds=10)
    assert [(await client.send("GET", DISCOVERY)).status for _ in range(3)] == [503, 503, 503]
    client.peer.advance(10)
    assert (await client.send("GET", DISCOVERY)).status == 200


async def test_small_answer_can_unpack_to_a_large_one(client: Client) -> None:
    await client.peer.fault("keys", gzip_bomb=3_000_000)
    async with client.http.get(f"{client.peer.base_url}/common/discovery/v2.0/keys") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) < 30_000
        assert await answer.read() == bytes(3_000_000)


async def test_body_can_be_any_bytes_under_any_headers(client: Client) -> None:
    body = base64.b64encode(gzip.compress(b"packed")).decode()
    await client.peer.fault("keys", body_base64=body, headers={"Content-Encoding": "gzip"}, content_type="x/y")
    answer = await client.send("GET", "/common/discovery/v2.0/keys")
    assert (answer.status, answer.text, answer.headers["Content-Type"]) == (200, "packed", "x/y")


async def test_right_answer_can_come_under_a_wrong_content_type(client: Client) -> None:
    await client.peer.fault("keys", content_type="text/html")
    answer = await client.send("GET", "/common/discovery/v2.0/keys")
    assert answer.headers["Content-Type"] == "text/html"
    assert len(answer.json["keys"]) == 6


async def test_answer_can_be_late(client: Client) -> None:
    await client.peer.fault("discovery", delay=0.2)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert (await client.send("GET", DISCOVERY)).status == 200
    assert loop.time() - begun >= 0.19


async def test_connection_can_break_before_the_answer(client: Client) -> None:
    await client.peer.fault("token", reset=True)
    code = await client.code()
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.redeem(code)
    assert (await client.redeem(code)).status == 200


@pytest.mark.parametrize("length", [0, 10])
async def test_answer_can_be_cut_short(client: Client, length: int) -> None:
    await client.peer.fault("keys", truncate=length)
    async with client.http.get(f"{client.peer.base_url}/common/discovery/v2.0/keys") as answer:
        assert int(answer.headers["Content-Length"]) > 1_000
        assert await answer.content.readexactly(length) == b'{"keys":[{'[:length]
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_requests_are_read_out_with_secrets_masked(client: Client) -> None:
    code = await client.code()
    await client.redeem(code, headers={"Authorization": "Bearer very-secret", "Cookie": "a=very-secret"})
    authorize, token = await client.peer.requests()
    assert (authorize["method"], authorize["path"]) == ("GET", "/common/oauth2/v2.0/authorize")
    assert authorize["query"]["redirect_uri"] == REDIRECT_URI
    assert authorize["query"]["login_hint"] == "auto:alice"
    assert token["endpoint"] == "token"
    assert token["form"]["client_id"] == FIRST_CLIENT
    assert token["form"]["client_secret"] == token["form"]["code"] == token["form"]["code_verifier"] == "***"
    assert token["headers"]["authorization"] == token["headers"]["cookie"] == "***"
    shown = json.dumps([authorize, token])
    assert not any(secret in shown for secret in (SECRET, code, "very-secret"))


async def test_a_secret_is_masked_in_whatever_case_its_name_is_written(client: Client) -> None:
    await client.redeem(await client.code(), Client_Secret="very-secret")
    assert "very-secret" not in json.dumps(await client.peer.requests())


async def test_fetches_are_counted_and_control_is_not(client: Client) -> None:
    for _ in range(3):
        await client.send("GET", DISCOVERY)
    await client.keys()
    await client.peer.requests()
    assert await client.peer.counters() == {"discovery": 3, "keys": 1}


async def test_reset_brings_back_the_first_state(client: Client) -> None:
    code = await client.code()
    await client.peer.fault("token", status=500)
    await client.peer.claims(set={"nonce": "other"})
    await client.peer.registrations(client_id=FIRST_CLIENT, secrets=[])
    client.peer.advance(100)
    await client.peer.reset()
    assert await client.peer.counters() == {}
    assert await client.peer.requests() == []
    assert (await client.redeem(code)).json["error_codes"] == [9002313]
    assert (await client.sign_in())["nonce"] == "the-nonce"
