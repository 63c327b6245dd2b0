"""Changing something: only from our own page, only in a session that still lives."""

import json

import aiohttp
import pytest

from tests.demo.fake_broker import FakeBroker


async def post(
    http: aiohttp.ClientSession, *, body: str = '{"text": "hello"}', **headers: str
) -> tuple[int, dict[str, object]]:
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with http.post("/api/notes", data=body, headers=sent) as answer:
        return answer.status, await answer.json()


async def test_own_page_adds_a_note_after_the_broker_was_asked(
    broker: FakeBroker, demo: str, http: aiohttp.ClientSession
) -> None:
    status, body = await post(http, Cookie=f"hanko={broker.token()}", Origin=demo)
    assert (status, body) == (201, {"notes": ["hello"]})
    assert broker.asked["/sessions/validate"] == 1


async def test_caller_that_is_no_browser_adds_a_note_with_bearer(
    broker: FakeBroker, http: aiohttp.ClientSession
) -> None:
    assert (await post(http, Authorization=f"Bearer {broker.token()}"))[0] == 201


async def test_session_ended_elsewhere_changes_nothing_though_its_signature_is_good(
    broker: FakeBroker, http: aiohttp.ClientSession
) -> None:
    token = broker.token()
    broker.alive.clear()
    async with http.get("/api/whoami", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 200
    assert (await post(http, Authorization=f"Bearer {token}"))[0] == 401
    other = broker.token(session_id="another")
    assert (await post(http, Authorization=f"Bearer {other}"))[1] == {"notes": ["hello"]}


async def test_answer_about_somebody_else_is_not_taken(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    broker.validated_user_id = "somebody-else"
    assert (await post(http, Authorization=f"Bearer {broker.token()}"))[0] == 401


async def test_broker_that_cannot_be_asked_is_503_and_not_a_sign_out(
    broker: FakeBroker, http: aiohttp.ClientSession
) -> None:
    token = broker.token()
    await post(http, Authorization=f"Bearer {token}")
    broker.down = True
    async with http.post("/api/notes", json={"text": "x"}, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_request_from_another_page_is_refused_before_anything_is_asked(
    broker: FakeBroker, http: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    status, body = await post(http, Cookie=f"hanko={broker.token()}", **headers)
    assert (status, body["error"]) == (403, "cross_site")
    assert broker.asked == {}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
async def test_what_a_foreign_form_could_send_is_not_read(
    broker: FakeBroker, http: aiohttp.ClientSession, content_type: str
) -> None:
    status, _ = await post(http, Authorization=f"Bearer {broker.token()}", Content_Type=content_type)
    assert status == 415


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        '{"text": 7}',
        '{"text": " "}',
        '{"text": "\\ud800"}',
        "[" * 2000,
        json.dumps({"text": "x" * 201}),
    ],
)
async def test_note_that_is_none_is_refused(broker: FakeBroker, http: aiohttp.ClientSession, body: str) -> None:
    assert (await post(http, body=body, Authorization=f"Bearer {broker.token()}"))[0] == 400


async def test_large_body_is_cut_off(broker: FakeBroker, http: aiohttp.ClientSession) -> None:
    body = json.dumps({"text": "x" * 5000})
    assert (await post(http, body=body, Authorization=f"Bearer {broker.token()}"))[0] == 413


async def test_notes_belong_to_one_user_and_only_the_last_are_kept(
    broker: FakeBroker, http: aiohttp.ClientSession
) -> None:
    for number in range(7):
        _, body = await post(http, body=f'{{"text": "{number}"}}', Authorization=f"Bearer {broker.token()}")
    assert body["notes"] == ["2", "3", "4", "5", "6"]
    broker.validated_user_id = "bob"
    _, body = await post(http, Authorization=f"Bearer {broker.token(sub='bob')}")
    assert body["notes"] == ["hello"]
