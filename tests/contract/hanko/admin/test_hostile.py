"""What a program with a key may send by mistake or malice is refused or taken literally, and no fault of ours."""

import json
from urllib.parse import quote

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.admin.test_users import Operator, told

TRICKS = ("' OR 1=1 --", "%", "_", "\\", "\\%", "a\x00b", "\r\nX-Evil: 1", "\ud83d\ude00", "'; DROP TABLE users; --")
FILTERS = ("/users?email=", "/audit_logs?actor_email=", "/audit_logs?q=", "/audit_logs?actor_user_id=",
           "/audit_logs?meta_source_ip=", "/audit_logs?type=")  # fmt: skip


@pytest.fixture
async def operator(broker: RunningBroker, program: Browser) -> Operator:
    made = await broker.application.broker.api_keys.create("tests")
    return Operator(program, made.key, broker.admin_url)


async def test_tricks_in_filters_find_nobody(operator: Operator, alice: Browser) -> None:
    wrong = []
    for filter_ in FILTERS:
        for trick in TRICKS:
            page = await operator.ask("GET", filter_ + quote(trick.encode("utf-8", "surrogatepass")))
            if not (page.status == 400 or (page.status == 200 and told(page) == [])) or "X-Evil" in page.headers:
                wrong.append((filter_, trick, page.status))
    assert wrong == []


@pytest.mark.parametrize("page", ["0", "-1", "999999999999999999", "1e3", "9" * 400, "%00"])
async def test_page_numbers_beyond_reason_are_no_fault_of_ours(operator: Operator, page: str) -> None:
    for path in ("/users", "/audit_logs"):
        assert (await operator.ask("GET", f"{path}?page={page}&per_page={page}")).status in (200, 400)


@pytest.mark.parametrize(
    "picture",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://a@evil.example/", "https://[", "x"],
)
async def test_picture_is_a_web_address_or_refused(operator: Operator, alice: Browser, picture: str) -> None:
    user_id = told(await alice.get("/me"))["id"]
    assert (await operator.ask("PATCH", f"/users/{user_id}", {"picture": picture})).status == 400


async def test_names_with_control_characters_or_without_end_are_refused(operator: Operator, alice: Browser) -> None:
    user_id = told(await alice.get("/me"))["id"]
    names: tuple[object, ...] = ("a\x00b", "\r\nX-Evil: 1", "\ud800", "x" * 60_000, 7, [], {})
    for name in names:
        page = await operator.ask("PATCH", f"/users/{user_id}", {"name": name})
        assert page.status == 400, name
        assert "X-Evil" not in page.headers
    assert (await operator.ask("GET", f"/users/{user_id}")).status == 200


async def test_metadata_that_is_deep_large_or_holds_nul_is_no_fault_of_ours(operator: Operator, alice: Browser) -> None:
    user_id = told(await alice.get("/me"))["id"]
    deep = json.loads('{"a":' * 400 + "1" + "}" * 400)
    wrong: tuple[object, ...] = (deep, {"a": "x" * 4000}, {"a": "\x00"}, {"\x00": 1}, {"a": "\ud800"}, [], "x", 1)
    for public in wrong:
        page = await operator.ask("PATCH", f"/users/{user_id}/metadata", {"public_metadata": public})
        assert page.status < 500, public
    assert (await operator.ask("GET", f"/users/{user_id}/metadata")).status < 300


async def test_ids_of_others_reach_nothing_by_the_path_of_another(operator: Operator, alice: Browser) -> None:
    user_id = told(await alice.get("/me"))["id"]
    [email] = told(await operator.ask("GET", f"/users/{user_id}/emails"))
    [session] = told(await operator.ask("GET", f"/users/{user_id}/sessions"))
    body = {"emails": [{"address": "bob@example.com", "is_primary": True, "is_verified": True}]}
    other = told(await operator.ask("POST", "/users", body))["id"]
    for method, path in (
        ("GET", f"/emails/{email['id']}"),
        ("DELETE", f"/emails/{email['id']}"),
        ("POST", f"/emails/{email['id']}/set_primary"),
        ("DELETE", f"/sessions/{session['id']}"),
    ):
        assert (await operator.ask(method, f"/users/{other}{path}")).status in (400, 404), path
    assert (await alice.get("/me")).status == 200
    assert len(told(await operator.ask("GET", f"/users/{user_id}/emails"))) == 1


@pytest.mark.parametrize("address", ["fe80::1%\x1b[31m", "::1%" + "x" * 300, "1.2.3.4\n", "localhost", "0x7f.1"])
async def test_session_is_listed_as_from_an_address_and_nothing_else(
    operator: Operator, alice: Browser, address: str
) -> None:
    """The zone behind an address may hold anything, and `broker sessions list` shows it in a terminal."""
    body = {"user_id": told(await alice.get("/me"))["id"], "ip_address": address}
    assert (await operator.ask("POST", "/sessions", body)).status == 400
