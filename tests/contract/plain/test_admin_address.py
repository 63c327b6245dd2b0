"""The admin address: open for health and figures, by key for the rest, and never for a page."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import UNAUTHORIZED, bearer, told
from tests.peers.microsoft import MicrosoftPeer

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


async def figures(broker: RunningBroker, program: Browser) -> Samples:
    """Every sample that Prometheus would read now, by name and labels."""
    page = await program.get(f"{broker.admin_url}/metrics")
    assert (page.status, page.headers["Content-Type"].partition(";")[0]) == (200, "text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def grown(before: Samples, after: Samples, name: str) -> dict[tuple[str, ...], float]:
    """By how much the samples of this name grew, by the values of their labels."""
    return {
        tuple(value for _, value in labels): value - before.get((found, labels), 0.0)
        for (found, labels), value in after.items()
        if found == name and value != before.get((found, labels), 0.0)
    }


async def test_sign_ins_are_counted_by_provider_and_outcome(
    broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    before = await figures(broker, program)
    await browser.sign_in("alice")
    await browser.sign_in("bob:cancel")
    await browser.get(f"/thirdparty/callback?state={'s' * 43}&code=y")
    await browser.get("/thirdparty/auth?provider=nobody")
    after = await figures(broker, program)
    assert grown(before, after, "broker_sign_ins_total") == {
        ("signed_in", "microsoft"): 1,
        ("access_denied", "microsoft"): 1,
        ("sign_in_expired", "unknown"): 1,
        ("invalid_request", "unknown"): 1,
    }
    assert grown(before, after, "broker_sign_in_starts_total") == {("microsoft",): 2}
    assert grown(before, after, "broker_sessions_issued_total") == {("microsoft",): 1}


@pytest.mark.parametrize(("delivery", "at_callback", "at_redemption"), [("token", 0, 1), ("both", 1, 0)])
async def test_session_is_counted_once_when_it_is_made(
    delivery: str, at_callback: int, at_redemption: int, broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    await broker.reload({"session.delivery": delivery})
    start = await figures(broker, program)
    code = (await browser.sign_in("alice")).query["hanko_token"]
    middle = await figures(broker, program)
    assert (await program.send("POST", "/token", json={"value": code})).status == 200
    end = await figures(broker, program)
    issued = "broker_sessions_issued_total"
    assert grown(start, middle, issued).get(("microsoft",), 0) == at_callback
    assert grown(middle, end, issued).get(("microsoft",), 0) == at_redemption


async def test_calls_to_the_provider_and_to_the_store_are_timed(
    broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    before = await figures(broker, program)
    await browser.sign_in("alice")
    await browser.get("/me")
    after = await figures(broker, program)
    calls = grown(before, after, "broker_provider_call_seconds_count")
    assert {labels[2] for labels in calls} == {"microsoft"}
    assert {labels[0] for labels in calls} >= {"token"}
    assert sum(grown(before, after, "broker_provider_call_seconds_sum").values()) > 0
    assert set(grown(before, after, "broker_store_seconds_count")) == {("read",), ("transaction",)}


async def test_security_events_are_counted_by_kind(
    broker: RunningBroker, emulator: MicrosoftPeer, browser: Browser, program: Browser
) -> None:
    before = await figures(broker, program)
    await emulator.claims(set={"nonce": "x"})
    await browser.sign_in("alice")
    assert grown(before, await figures(broker, program), "broker_security_events_total") == {("nonce",): 1}


async def test_requests_are_counted_by_route_so_that_nobody_can_grow_the_table(
    broker: RunningBroker, browser: Browser, program: Browser
) -> None:
    before = await figures(broker, program)
    for number in range(5):
        await browser.get(f"/made-up/{number}")
        await browser.send("DELETE", f"/sessions/{number}")
        await browser.get(f"/thirdparty/auth?provider=made-up-{number}")
    after = await figures(broker, program)
    requests = grown(before, after, "broker_requests_total")
    requests.pop(("GET", "/metrics", "200"))
    assert requests == {
        ("-", "-", "404"): 5,
        ("DELETE", "/sessions/{session_id}", "401"): 5,
        ("GET", "/thirdparty/auth", "303"): 5,
    }
    assert "made-up" not in str(after)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/users", "/metrics/x", "/health"])
async def test_without_a_key_there_is_nothing_to_see(
    method: str, path: str, broker: RunningBroker, program: Browser
) -> None:
    for headers in ({}, bearer("bk_" + "x" * 43), {"Authorization": "Basic eDp4"}):
        page = await program.send(method, f"{broker.admin_url}{path}", headers=headers)
        assert (page.status, told(page)) == (401, UNAUTHORIZED)


async def test_key_opens_the_admin_api_until_it_is_revoked(broker: RunningBroker, program: Browser) -> None:
    keys = broker.application.broker.api_keys
    key = (await keys.create("scraper")).key
    url = f"{broker.admin_url}/nothing-here-yet"
    assert (await program.send("GET", url, headers=bearer(key))).status == 404
    await keys.revoke("scraper")
    assert (await program.send("GET", url, headers=bearer(key))).status == 401


async def test_key_ends_with_its_lifetime(tmp_path: Path, now: FrozenClock) -> None:
    async with running_broker(base_dir=tmp_path, clock=now) as broker, broker.browser() as program:
        key = (await broker.application.broker.api_keys.create("short", lifetime=60)).key
        url = f"{broker.admin_url}/x"
        now.advance(59)
        assert (await program.send("GET", url, headers=bearer(key))).status == 404
        now.advance(1)
        assert (await program.send("GET", url, headers=bearer(key))).status == 401


async def test_page_is_refused_with_and_without_a_key(broker: RunningBroker, program: Browser) -> None:
    """A browser on the operator's machine can reach the address; the pages in it shall not."""
    key = (await broker.application.broker.api_keys.create("scraper")).key
    for origin in ("https://evil.example", "null", broker.url, broker.admin_url):
        for path in ("/users", "/metrics", "/health/ready"):
            page = await program.send("GET", f"{broker.admin_url}{path}", headers={"Origin": origin, **bearer(key)})
            assert (page.status, told(page)) == (403, {"code": 403, "message": "Forbidden"})


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "127.0.0.1:8001", "[::1]:8001", "LOCALHOST"])
async def test_admin_address_answers_to_loopback_by_name(host: str, broker: RunningBroker, program: Browser) -> None:
    assert (await program.send("GET", f"{broker.admin_url}/metrics", headers={"Host": host})).status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.7:8001", "0.0.0.0:8001", ""])
async def test_admin_address_answers_to_no_other_name(host: str, broker: RunningBroker, program: Browser) -> None:
    key = (await broker.application.broker.api_keys.create("scraper")).key
    for path in ("/metrics", "/users"):
        page = await program.send("GET", f"{broker.admin_url}{path}", headers={"Host": host, **bearer(key)})
        assert page.status == 421


async def test_admin_address_answers_to_the_names_that_the_operator_lists(
    broker: RunningBroker, program: Browser
) -> None:
    await broker.reload({"server.admin": {"hosts": ["metrics.internal"], "address": "ops.internal:8001"}})
    for host in ("metrics.internal", "Metrics.Internal:8001", "ops.internal:8001"):
        assert (await program.send("GET", f"{broker.admin_url}/metrics", headers={"Host": host})).status == 200


async def test_figures_stay_on_the_admin_address(browser: Browser) -> None:
    assert (await browser.get("/metrics")).status == 404


async def test_many_scrapes_at_once_are_all_answered(broker: RunningBroker, program: Browser) -> None:
    pages = await asyncio.gather(*(program.get(f"{broker.admin_url}/metrics") for _ in range(20)))
    assert {page.status for page in pages} == {200}
