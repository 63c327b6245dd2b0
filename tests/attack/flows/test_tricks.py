"""What somebody tries with a flow of their own, or a victim's code, state or address: nobody gets a session by it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.hanko.steps import PAGE, VERIFIER, FlowClient, flow_in
from tests.stage import Stage, staged

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as one:
        yield one


async def code_for(client: FlowClient, person: str, *, verifier: str | None = VERIFIER) -> str:
    """The code that comes back to the page of this flow."""
    return (await client.signed_in_at_provider(await client.to_provider(verifier=verifier), person)).query[
        "hanko_token"
    ]


def refused(client: FlowClient, status: int, code: str) -> None:
    """The exchange was refused, on a page with buttons, without a session."""
    state = client.state
    assert (state["name"], state["status"], state["error"]["code"]) == ("login_init", status, code)
    assert client.page is not None
    assert not client.page.set_cookies
    assert "X-Auth-Token" not in client.page.headers


async def test_code_of_an_attackers_flow_signs_nobody_in_through_a_victims_flow(stage: Stage) -> None:
    attacker, victim = FlowClient(stage.attacker), FlowClient(stage.victim)
    code = await code_for(attacker, "bob")
    await victim.to_provider()
    await victim.exchange(code)
    refused(victim, 500, "technical_error")


async def test_stolen_code_is_of_no_use_in_a_thiefs_flow_with_or_without_a_verifier(stage: Stage) -> None:
    code = await code_for(FlowClient(stage.victim), "alice")
    for verifier in (VERIFIER, None):
        thief = FlowClient(stage.attacker)
        await thief.to_provider(verifier=verifier)
        await thief.exchange(code, verifier)
        refused(thief, 500, "technical_error")


async def test_second_start_without_a_verifier_takes_none_from_the_first_code(stage: Stage) -> None:
    client = FlowClient(stage.victim)
    code = await code_for(client, "alice")
    await client.run("back")
    await client.run("thirdparty_oauth", {"provider": "microsoft", "redirect_to": PAGE})
    await client.exchange(code, None)
    refused(client, 400, "form_data_invalid_error")


async def test_code_of_a_plain_sign_in_is_refused_in_a_flow(stage: Stage) -> None:
    await stage.broker.reload({"session.delivery": "both"})
    plain = await stage.attacker.sign_in("alice")
    client = FlowClient(stage.victim)
    for verifier in (VERIFIER, None):
        await client.to_provider(verifier=verifier)
        await client.exchange(plain.query["hanko_token"], verifier)
        refused(client, 500, "technical_error")


async def test_address_of_one_browsers_return_is_of_no_use_in_another(stage: Stage) -> None:
    client = FlowClient(stage.attacker)
    page = await stage.attacker.get(await client.to_provider())
    assert page.location is not None
    page = await stage.attacker.get(f"{page.location}&login_hint=auto:bob")
    while page.location is not None and "/thirdparty/callback" not in page.location:
        page = await stage.attacker.get(page.location)
    assert page.location is not None
    assert "hanko_token" not in (await stage.victim.get(page.location)).query


async def test_state_of_a_flow_is_neither_session_nor_ticket(stage: Stage) -> None:
    client = FlowClient(stage.attacker)
    await client.to_login_page()
    sealed = client.state["csrf_token"]
    for headers in ({"Authorization": f"Bearer {sealed}"}, {"Cookie": f"hanko={sealed}"}):
        assert (await stage.victim.send("GET", "/me", headers=headers)).status == 401
    ticket = await stage.victim.send("GET", f"/thirdparty/start?ticket={sealed}")
    assert "state=" not in (ticket.location or "")


async def test_profile_flow_of_somebody_else_is_refused(stage: Stage) -> None:
    await stage.signed_in(stage.victim, "alice")
    await stage.signed_in(stage.attacker, "bob")
    client = FlowClient(stage.victim)
    await client.to_login_page("profile")
    await stage.honest_until_now()
    thief = FlowClient(stage.attacker, state=client.state)
    state = await thief.run("session_delete" if "session_delete" in client.state["actions"] else "patch_metadata")
    assert (state["name"], state["status"]) == ("error", 403)


NONSENSE: tuple[Any, ...] = (1, True, None, [], {"a": 1}, "\ud800", "\x00", "é", "x" * 30_000)


@pytest.mark.parametrize("name", ["provider", "redirect_to", "code_verifier"])
async def test_nonsense_in_an_input_never_breaks_the_start(stage: Stage, name: str) -> None:
    client = FlowClient(stage.victim)
    await client.to_login_page()
    first = dict(client.state)
    for value in NONSENSE:
        client.state = dict(first)
        inputs = {"provider": "microsoft", "redirect_to": PAGE, "code_verifier": VERIFIER, name: value}
        state = await client.run("thirdparty_oauth", inputs)
        assert state["status"] in (200, 400), value
        assert (state["status"] == 200) == (name == "code_verifier" and not isinstance(value, str)), value


async def test_nonsense_for_a_token_or_a_state_is_told_and_breaks_nothing(stage: Stage) -> None:
    client = FlowClient(stage.victim)
    await client.to_provider()
    href, sealed = client.state["actions"]["exchange_token"]["href"], client.state["csrf_token"]
    bodies = [{"input_data": {"token": value}, "csrf_token": sealed} for value in NONSENSE]
    bodies += [{"input_data": {"token": "x"}, "csrf_token": value} for value in NONSENSE]
    for body in bodies:
        page = await stage.victim.send("POST", href, data=json.dumps(body), headers=JSON)
        state = flow_in(page)
        assert state["error"]["code"] in {"form_data_invalid_error", "technical_error", "operation_not_permitted_error"}
        assert not page.set_cookies
    assert await stage.written() == {}
