"""Actions in the wrong state, with altered, expired or foreign state: the error that is specified, and nothing else.

Each case has a story: what somebody has in hand, what they send, which error they read. What was written by it, in any
table, is counted, on both engines.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broker.web.hanko.flow.sealed import FlowSeal
from broker.web.hanko.flow.state import FlowState
from tests.contract.hanko.steps import PAGE, VERIFIER, FlowClient, flow_in
from tests.stage import Stage, staged

JSON = {"Content-Type": "application/json"}
OAUTH = {"provider": "microsoft", "redirect_to": PAGE, "code_verifier": VERIFIER}
PERMITTED, EXPIRED, TECHNICAL = "operation_not_permitted_error", "flow_expired_error", "technical_error"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request: the action's address and the state that goes with it."""

    href: str
    csrf_token: str
    inputs: dict[str, Any]


Prepare = Callable[[Stage], Awaitable[Sent]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One attempt and what it must read: status, code, and the state's name."""

    story: str
    prepare: Prepare
    expected: tuple[int, str | None, str]


async def at_login(stage: Stage, flow: str = "login") -> FlowClient:
    client = FlowClient(stage.victim)
    await client.to_login_page(flow)
    return client


async def at_thirdparty(stage: Stage) -> FlowClient:
    client = FlowClient(stage.victim)
    await client.to_provider()
    return client


def sent(client: FlowClient, action: str, inputs: dict[str, Any], *, csrf: str | None = None) -> Sent:
    """The action as its state offers it, or as it would be offered elsewhere."""
    offered = client.state["actions"]
    known = next(iter(offered.values()))["href"]
    return Sent(
        href=known.replace(next(iter(offered)), action),
        csrf_token=client.state["csrf_token"] if csrf is None else csrf,
        inputs=inputs,
    )


async def exchange_at_login(stage: Stage) -> Sent:
    return sent(await at_login(stage), "exchange_token", {"token": "x"})


async def oauth_at_thirdparty(stage: Stage) -> Sent:
    return sent(await at_thirdparty(stage), "thirdparty_oauth", OAUTH)


async def oauth_at_preflight(stage: Stage) -> Sent:
    client = FlowClient(stage.victim)
    await client.start()
    return sent(client, "thirdparty_oauth", OAUTH)


async def profile_action_in_a_login(stage: Stage) -> Sent:
    return sent(await at_login(stage), "account_delete", {})


async def altered(stage: Stage) -> Sent:
    client = await at_login(stage)
    content, dot, signature = client.state["csrf_token"].rpartition(".")
    # Not the last character, of which two bits are nobody's: one in sixteen would be the same signature.
    other = "A" if signature[0] != "A" else "B"
    return sent(client, "thirdparty_oauth", OAUTH, csrf=content + dot + other + signature[1:])


async def altered_content(stage: Stage) -> Sent:
    client = await at_login(stage)
    token = client.state["csrf_token"]
    return sent(client, "thirdparty_oauth", OAUTH, csrf="A" + token[1:])


async def altered_exchange(stage: Stage) -> Sent:
    client = await at_thirdparty(stage)
    return sent(client, "exchange_token", {"token": "x"}, csrf=client.state["csrf_token"][:-2])


async def of_another_flow(stage: Stage) -> Sent:
    mine, other = await at_login(stage), await at_login(stage)
    return sent(mine, "thirdparty_oauth", OAUTH, csrf=other.state["csrf_token"])


async def login_state_at_profile(stage: Stage) -> Sent:
    await stage.signed_in(stage.victim, "alice")
    client = await at_login(stage)
    request = sent(client, "thirdparty_oauth", OAUTH)
    return Sent(href=request.href.replace("/login", "/profile"), csrf_token=request.csrf_token, inputs=OAUTH)


async def expired(stage: Stage) -> Sent:
    client = await at_login(stage)
    stage.clock.advance(24 * 3600 + 1)
    return sent(client, "thirdparty_oauth", OAUTH)


async def expired_exchange(stage: Stage) -> Sent:
    client = await at_thirdparty(stage)
    stage.clock.advance(24 * 3600 + 1)
    return sent(client, "exchange_token", {"token": "x"})


async def expired_preflight(stage: Stage) -> Sent:
    client = FlowClient(stage.victim)
    await client.start()
    stage.clock.advance(24 * 3600 + 1)
    return sent(client, "register_client_capabilities", {})


async def ticket_as_state(stage: Stage) -> Sent:
    client = await at_thirdparty(stage)
    ticket = client.state["payload"]["redirect_url"].partition("ticket=")[2]
    return sent(client, "exchange_token", {"token": "x"}, csrf=ticket)


async def session_as_state(stage: Stage) -> Sent:
    client = await at_login(stage)
    return sent(client, "thirdparty_oauth", OAUTH, csrf="eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln")


async def of_another_deployment(stage: Stage) -> Sent:
    from broker.crypto import SecretKeys
    from broker.web.signed import SignedValues

    client = await at_login(stage)
    foreign = FlowSeal(SignedValues(SecretKeys(["another-deployment's-secret-long-enough"]), stage.clock), stage.clock)
    flow_id = client.state["actions"]["thirdparty_oauth"]["href"].rpartition("%40")[2]
    state = FlowState(flow_id=flow_id, flow="login", name="login_init", started_at=stage.clock.now())
    return sent(client, "thirdparty_oauth", OAUTH, csrf=foreign.seal(state))


async def of_a_flow_that_has_ended(stage: Stage) -> Sent:
    client = FlowClient(stage.victim)
    back = await client.signed_in_at_provider(await client.to_provider(), "alice")
    thirdparty = dict(client.state)
    await client.exchange(back.query["hanko_token"])
    success = client.state["csrf_token"]
    client.state = thirdparty
    await stage.honest_until_now()
    return sent(client, "exchange_token", {"token": back.query["hanko_token"], "code_verifier": VERIFIER}, csrf=success)


async def used_token_again(stage: Stage) -> Sent:
    request = await of_a_flow_that_has_ended(stage)
    client = await at_thirdparty(stage)
    token = request.inputs["token"]
    return sent(client, "exchange_token", {"token": token, "code_verifier": VERIFIER})


CASES = (
    Case(story="exchange before a provider was chosen", prepare=exchange_at_login, expected=(403, PERMITTED, "error")),
    Case(story="a second provider while one is asked", prepare=oauth_at_thirdparty, expected=(403, PERMITTED, "error")),
    Case(story="a provider before the preflight", prepare=oauth_at_preflight, expected=(403, PERMITTED, "error")),
    Case(story="a profile's action in a login", prepare=profile_action_in_a_login, expected=(403, PERMITTED, "error")),
    Case(story="a state with another signature", prepare=altered, expected=(403, PERMITTED, "error")),
    Case(story="a state with other content", prepare=altered_content, expected=(403, PERMITTED, "error")),
    Case(story="a cut state at the exchange", prepare=altered_exchange, expected=(403, PERMITTED, "login_init")),
    Case(story="the state of another flow", prepare=of_another_flow, expected=(403, PERMITTED, "error")),
    Case(story="the state of a login at a profile", prepare=login_state_at_profile, expected=(403, PERMITTED, "error")),
    Case(story="a state of yesterday", prepare=expired, expected=(410, EXPIRED, "login_init")),
    Case(story="a state of yesterday at the exchange", prepare=expired_exchange, expected=(410, EXPIRED, "login_init")),
    Case(story="a preflight of yesterday", prepare=expired_preflight, expected=(410, EXPIRED, "login_init")),
    Case(story="a ticket in place of a state", prepare=ticket_as_state, expected=(403, PERMITTED, "login_init")),
    Case(story="a JWT in place of a state", prepare=session_as_state, expected=(403, PERMITTED, "error")),
    Case(story="a state sealed elsewhere", prepare=of_another_deployment, expected=(403, PERMITTED, "error")),
    Case(story="the last state of a flow", prepare=of_a_flow_that_has_ended, expected=(403, PERMITTED, "error")),
    Case(story="a token that was exchanged before", prepare=used_token_again, expected=(500, TECHNICAL, "login_init")),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.story)
async def test_refused_action_has_its_error_and_leaves_nothing(case: Case, tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database=database_url) as stage:
        request = await case.prepare(stage)
        body = json.dumps({"input_data": request.inputs, "csrf_token": request.csrf_token})
        page = await stage.victim.send("POST", request.href, data=body, headers=JSON)
        state = flow_in(page)
        assert (state["status"], state["error"]["code"], state["name"]) == case.expected
        assert await stage.written() == {}
        assert not page.set_cookies
        assert "X-Auth-Token" not in page.headers
        assert "redirect_url" not in state.get("payload", {})


async def test_starting_flows_writes_nothing_however_many(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database=database_url) as stage:
        for flow in ("login", "registration"):
            for _ in range(5):
                await FlowClient(stage.attacker).to_provider(flow=flow)
        assert await stage.written() == {}
