"""Wrong API keys at every place that takes one: few a minute from one address, and nothing is told of the right one."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.web.wrong_keys import MOST_A_MINUTE
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import API_KEY, CLIENT_ID, OTHER_API_KEY, served
from tests.observed import Counted, log_lines
from tests.peers.microsoft import MicrosoftPeer

STRANGER = "203.0.113.5"
NEIGHBOUR = "203.0.113.6"


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    changes = {**served(), "server.trusted_proxies": ["127.0.0.1", "::1"]}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def listed(program: Browser, key: str, address: str = STRANGER) -> Page:
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": address}
    return await program.send("GET", "/user_management/users", headers=headers)


async def redeemed(program: Browser, secret: str, path: str = "/user_management/authenticate") -> Page:
    body = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": secret, "code": "none"}
    return await program.send("POST", path, headers={"X-Forwarded-For": STRANGER}, json=body)


async def test_management_api_refuses_further_keys_of_an_address_that_tried_too_many(
    program: Browser, broker: RunningBroker
) -> None:
    assert (await listed(program, OTHER_API_KEY)).status == 200
    statuses = [(await listed(program, f"sk_wrong_{number}")).status for number in range(MOST_A_MINUTE)]
    assert set(statuses) == {401}

    for key in ("sk_wrong", API_KEY):
        page = await listed(program, key)
        assert (page.status, json.loads(page.body)["code"]) == (429, "rate_limit_exceeded")
        assert 1 <= int(page.headers["Retry-After"]) <= 60
    assert (await listed(program, OTHER_API_KEY)).status == 200, "it was right from here before"
    assert (await listed(program, API_KEY, NEIGHBOUR)).status == 200


@pytest.mark.parametrize("path", ["/user_management/authenticate", "/sso/token"])
async def test_exchanges_count_wrong_secrets_too(program: Browser, broker: RunningBroker, path: str) -> None:
    for number in range(MOST_A_MINUTE):
        page = await redeemed(program, f"sk_wrong_{number}", path)
        assert json.loads(page.body)["error"] == "invalid_client"

    page = await redeemed(program, API_KEY, path)
    assert (page.status, json.loads(page.body)["error"]) == (429, "too_many_requests")
    assert (await listed(program, API_KEY)).status == 429


async def test_key_of_another_application_is_a_wrong_secret(program: Browser, broker: RunningBroker) -> None:
    for _ in range(MOST_A_MINUTE):
        await redeemed(program, OTHER_API_KEY)

    assert (await redeemed(program, API_KEY)).status == 429


async def test_reload_does_not_begin_the_count_anew(program: Browser, broker: RunningBroker) -> None:
    for number in range(MOST_A_MINUTE):
        await listed(program, f"sk_wrong_{number}")

    await broker.reload({"service.name": "Renamed"})

    assert (await listed(program, API_KEY)).status == 429


async def test_where_limits_are_off_there_is_none(program: Browser, broker: RunningBroker) -> None:
    await broker.reload({"rate_limiter.enabled": False})

    for number in range(MOST_A_MINUTE + 1):
        assert (await listed(program, f"sk_wrong_{number}")).status == 401


async def test_operator_is_alarmed_once_and_finds_the_request_that_was_one_too_many(
    program: Browser, broker: RunningBroker
) -> None:
    metrics = broker.application.broker.metrics
    with log_lines() as lines:
        pages = [await listed(program, f"sk_wrong_{number}") for number in range(MOST_A_MINUTE + 2)]
    (alarm,) = [line for line in lines if line["event"] == "security"]
    assert alarm["kind"] == "wrong_api_keys"
    assert "req_" + alarm["request_id"] == pages[MOST_A_MINUTE - 1].headers["X-Request-ID"]
    assert Counted.of(metrics).security == {"wrong_api_keys": 1}
