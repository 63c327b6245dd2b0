"""What the published components need of every answer, rule by rule: the pitfalls that others fell into."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.brokers import APP, RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.hanko.steps import CAPABILITIES, PAGE, VERIFIER, FlowClient, action_of, flow_in
from tests.peers.microsoft import MicrosoftPeer
from tests.stage import Stage

JSON = {"Content-Type": "application/json"}
ORIGIN = APP.rstrip("/")
NO_FLOW = "17dc01c7-4b55-4339-b45b-60f37943469d"
OAUTH = f"/login?action=thirdparty_oauth%40{NO_FLOW}"


async def at_page_again(client: FlowClient, person: str = "alice") -> str:
    """Sign in at the provider; the token that the page finds in its address."""
    return (await client.signed_in_at_provider(await client.to_provider(), person)).query["hanko_token"]


# --- R1, R4, R13: a flow for every outcome ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("href", "data", "status", "code"),
    [
        ("/login?action=nope", "{}", 400, "technical_error"),
        ("/login?action=back%40x", "{}", 400, "technical_error"),
        ("/login?action=a%40b&action=c%40d", "{}", 400, "technical_error"),
        (f"/login?action=nope%40{NO_FLOW}", "{}", 403, "operation_not_permitted_error"),
        (OAUTH, "", 403, "operation_not_permitted_error"),
        (OAUTH, "{x", 400, "technical_error"),
        (OAUTH, "[]", 400, "technical_error"),
        (OAUTH, '{"a":1,"a":2}', 400, "technical_error"),
        ("/profile", "", 401, "unauthorized"),
        ("/token_exchange", "", 403, "operation_not_permitted_error"),
    ],
)  # fmt: skip
async def test_whatever_is_refused_is_still_a_flow_that_the_page_may_read(
    browser: Browser, href: str, data: str, status: int, code: str
) -> None:
    page = await browser.send("POST", href, data=data, headers={**JSON, "Origin": ORIGIN})
    state = flow_in(page)
    assert (state["status"], state["error"]["code"], state["name"]) == (status, code, "error")
    assert page.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert page.headers["Access-Control-Allow-Credentials"] == "true"


async def test_refusals_before_a_flow_are_flows_too(browser: Browser) -> None:
    other_site = await browser.send("POST", "/login", headers={**JSON, "Origin": "https://evil.example"})
    assert flow_in(other_site)["error"]["code"] == "operation_not_permitted_error"
    action = f"/login?action=back%40{NO_FLOW}"
    form = await browser.send(
        "POST", action, data="csrf_token=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (form.status, flow_in(form)["error"]["code"]) == (415, "technical_error")
    long = await browser.send("POST", action, data="x" * 70_000, headers=JSON)
    assert (long.status, flow_in(long)["error"]["code"]) == (413, "technical_error")
    for method in ("GET", "PUT"):
        other = await browser.send(method, "/registration")
        assert (other.status, flow_in(other)["error"]["code"], other.headers["Allow"]) == (
            405,
            "technical_error",
            "POST",
        )
    assert flow_in(await browser.send("PUT", "/login"))["error"]["code"] == "technical_error"
    wrong_host = await browser.send("POST", "/login", headers={**JSON, "Host": "evil.example"})
    assert (wrong_host.status, flow_in(wrong_host)["error"]["code"]) == (421, "technical_error")


async def test_limit_is_told_as_a_flow_with_the_time_to_come_back(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = {"rate_limiter.starts": "1/m", "server.trusted_proxies": ["127.0.0.1"]}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        headers = {**JSON, "X-Forwarded-For": "203.0.113.9"}
        answers = [await browser.send("POST", "/login", headers=headers) for _ in range(5)]
    assert [each.status for each in answers] == [200] * 4 + [429]
    state = flow_in(answers[-1])
    assert state["error"]["code"] == "rate_limit_exceeded"
    assert state["payload"]["retry_after"] == int(answers[-1].headers["Retry-After"])


async def test_database_that_is_away_is_a_technical_error_and_nobody_is_signed_out(stage: Stage) -> None:
    client = FlowClient(stage.victim)
    token = await at_page_again(client)
    await stage.broker.application.broker.store.close()
    state = await client.exchange(token)
    assert (state["status"], state["error"]["code"]) == (503, "technical_error")
    assert client.page is not None
    assert client.page.headers["Retry-After"]


# --- R2, R9: what comes with the first request does not matter --------------------------------------------------------


@pytest.mark.parametrize("data", [None, "", "{x", '{"x":1}', "[]"])
async def test_body_of_the_first_request_is_not_looked_at(browser: Browser, data: str | None) -> None:
    page = await browser.send("POST", "/login", data=data, headers=JSON)
    assert flow_in(page)["name"] == "preflight"


@pytest.mark.parametrize("flow", ["login", "registration"])
async def test_dead_token_does_not_keep_anybody_from_signing_in(browser: Browser, flow: str) -> None:
    client = FlowClient(browser, headers={"Authorization": "Bearer dead.dead.dead", "X-Language": "undefined"})
    assert (await client.sign_in("alice", flow=flow))["name"] == "success"


async def test_doubled_slash_of_an_address_that_ends_in_one_is_forgiven(broker: RunningBroker) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{broker.url}//login", headers=JSON) as answer:
        assert (answer.status, (await answer.json())["name"]) == (200, "preflight")


# --- R3, R5, R6: whoever comes back finds buttons ---------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "not-ours", "eyJh.b.c"])
async def test_back_with_a_state_that_is_lost_begins_anew(browser: Browser, token: str) -> None:
    client = FlowClient(browser)
    await client.to_provider()
    state = await client.run("back", csrf_token=token)
    assert (state["name"], state["status"], "error" in state) == ("login_init", 200, False)
    assert "thirdparty_oauth" in state["actions"]


async def test_page_left_open_for_a_day_says_so_and_has_its_buttons(stage: Stage) -> None:
    client = FlowClient(stage.victim)
    await client.to_login_page()
    stage.clock.advance(24 * 3600 + 1)
    state = await client.run("thirdparty_oauth", {"provider": "microsoft", "redirect_to": PAGE})
    assert (state["name"], state["status"], state["error"]["code"]) == ("login_init", 410, "flow_expired_error")
    inputs = {"provider": "microsoft", "redirect_to": PAGE}
    assert (await client.run("thirdparty_oauth", inputs))["name"] == "thirdparty"


async def test_token_that_is_unknown_used_or_too_old_leads_to_a_page_with_buttons(stage: Stage) -> None:
    client = FlowClient(stage.victim)
    token = await at_page_again(client)
    thirdparty = dict(client.state)
    stage.clock.advance(61)
    for each in (token, "unknown"):
        client.state = dict(thirdparty)
        state = await client.exchange(each)
        assert (state["name"], state["status"], state["error"]["code"]) == ("login_init", 500, "technical_error")
        assert "thirdparty_oauth" in state["actions"]


async def test_lost_verifier_is_told_and_the_right_one_still_counts(browser: Browser) -> None:
    client = FlowClient(browser)
    token = await at_page_again(client)
    thirdparty = dict(client.state)
    for verifier in (None, "x" * 64):
        client.state = dict(thirdparty)
        state = await client.exchange(token, verifier)
        assert (state["name"], state["error"]["code"]) == ("login_init", "form_data_invalid_error")
    client.state = dict(thirdparty)
    assert (await client.exchange(token))["name"] == "success"


# --- R7, R8: two components on one page, two requests at once ---------------------------------------------------------


@pytest.mark.parametrize("first", ["back", "exchange_token"])
async def test_two_components_may_answer_for_one_return_in_either_order(browser: Browser, first: str) -> None:
    client = FlowClient(browser)
    token = await at_page_again(client)
    thirdparty = dict(client.state)
    names = []
    for action in (first, "exchange_token" if first == "back" else "back"):
        client.state = dict(thirdparty)
        state = await (client.run("back") if action == "back" else client.exchange(token))
        names.append((state["name"], "error" in state))
    assert sorted(names) == [("login_init", False), ("success", False)]


async def test_token_is_exchanged_once_by_however_many_ask_at_once(browser: Browser) -> None:
    client = FlowClient(browser)
    token = await at_page_again(client)
    href, csrf = client.state["actions"]["exchange_token"]["href"], client.state["csrf_token"]
    body = json.dumps({"input_data": {"token": token, "code_verifier": VERIFIER}, "csrf_token": csrf})
    pages = await asyncio.gather(*(browser.send("POST", href, data=body, headers=JSON) for _ in range(8)))
    assert sorted(flow_in(page)["name"] for page in pages) == ["login_init"] * 7 + ["success"]


# --- remember me ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def asking(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[Browser]:
    """A broker that lets people choose whether they stay signed in."""
    changes = {"session.cookie": {"retention": "prompt"}}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        yield browser


@pytest.mark.parametrize(("choice", "retention"), [(True, "persistent"), (False, "session"), (None, "session")])
async def test_who_is_asked_stays_signed_in_only_if_they_want(
    asking: Browser, choice: bool | None, retention: str
) -> None:
    client = FlowClient(asking)
    await client.to_login_page()
    if choice is not None:
        assert (await client.run("remember_me", {"remember_me": choice}))["name"] == "login_init"
    inputs = {"provider": "microsoft", "redirect_to": PAGE, "code_verifier": VERIFIER}
    state = await client.run("thirdparty_oauth", inputs)
    back = await client.signed_in_at_provider(state["payload"]["redirect_url"], "alice")
    assert (await client.exchange(back.query["hanko_token"]))["name"] == "success"
    assert client.page is not None
    assert client.page.headers["X-Session-Retention"] == retention
    [cookie] = [each for each in client.page.set_cookies if each.startswith("hanko=")]
    assert ("Max-Age" in cookie) == (retention == "persistent")


async def test_nobody_is_asked_unless_the_operator_says_so(browser: Browser) -> None:
    assert "remember_me" not in (await FlowClient(browser).to_login_page())["actions"]


# --- inputs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "errors"),
    [
        ({}, {"provider": "value_missing_error", "redirect_to": "value_missing_error"}),
        (
            {"provider": 5, "redirect_to": ["x"]},
            {"provider": "value_missing_error", "redirect_to": "value_missing_error"},
        ),
        ({"provider": "nope", "redirect_to": PAGE}, {"provider": "value_invalid_error"}),
        ({"provider": "MICROSOFT", "redirect_to": PAGE}, {"provider": "value_invalid_error"}),
        ({"provider": "microsoft", "redirect_to": "https://evil.example/"}, {}),
        ({"provider": "microsoft", "redirect_to": "javascript:alert(1)"}, {}),
        (
            {"provider": "microsoft", "redirect_to": PAGE, "code_verifier": "short"},
            {"code_verifier": "value_invalid_error"},
        ),
    ],
)
async def test_input_that_cannot_be_taken_is_named_and_the_buttons_stay(
    browser: Browser, inputs: dict[str, Any], errors: dict[str, str]
) -> None:
    client = FlowClient(browser)
    await client.to_login_page()
    state = await client.run("thirdparty_oauth", inputs)
    assert (state["name"], state["status"], state["error"]["code"]) == ("login_init", 400, "form_data_invalid_error")
    shown = state["actions"]["thirdparty_oauth"]["inputs"]
    assert {name: each["error"]["code"] for name, each in shown.items() if "error" in each} == errors


async def test_input_that_nobody_declared_is_ignored(browser: Browser) -> None:
    client = FlowClient(browser)
    await client.to_login_page()
    state = await client.run(
        "thirdparty_oauth", {"provider": "microsoft", "redirect_to": PAGE, "connect_to": "x", "zz": 1}
    )
    assert state["name"] == "thirdparty"
    assert state["payload"]["redirect_url"].startswith(f"{browser.url}/thirdparty/start?ticket=")


async def test_each_action_names_the_flow_and_the_state_stays_small(browser: Browser) -> None:
    client = FlowClient(browser)
    await client.start()
    name, flow_id = action_of(client.state["actions"]["register_client_capabilities"]["href"])
    assert name == "register_client_capabilities"
    await client.run("register_client_capabilities", CAPABILITIES)
    assert action_of(client.state["actions"]["thirdparty_oauth"]["href"]) == ("thirdparty_oauth", flow_id)
    await client.to_provider()
    assert len(client.state["csrf_token"]) <= 2048
