"""Limits in a whole broker: whom a proxy that nobody listed lets us count, and what a reload forgets."""

from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.observed import log_lines

PUBLIC = "https://login.example.com"
ONE_A_MINUTE = {"rate_limiter": {"starts": "1/m", "tokens": "1/m"}}
REAL = {"client_id": "00000000-0000-4000-8000-000000000001", "secret": "s" * 40}
WORLD = {**ONE_A_MINUTE, "third_party.providers.microsoft": REAL}


async def statuses(browser: Browser, *clients: str) -> list[int]:
    """What `POST /token` answers these clients of a proxy."""
    return [(await browser.send("POST", "/token", headers={"X-Forwarded-For": one})).status for one in clients]


async def test_one_stranger_behind_an_unlisted_local_proxy_locks_nobody_else_out(tmp_path: Path) -> None:
    async with running_broker(base_dir=tmp_path, changes=ONE_A_MINUTE) as broker, broker.browser() as browser:
        assert await statuses(browser, "203.0.113.5", "203.0.113.5", "203.0.113.6") == [415, 429, 415]


async def test_whoever_is_limited_is_told_how_much_is_left(tmp_path: Path) -> None:
    changes = {"rate_limiter": {"tokens": "2/m"}}
    async with running_broker(base_dir=tmp_path, changes=changes) as broker, broker.browser() as browser:
        headers = {"X-Forwarded-For": "203.0.113.5", "Content-Type": "application/json"}
        pages = [await browser.send("POST", "/token", headers=headers, data="{}") for _ in range(3)]
        assert [page.status for page in pages] == [400, 400, 429]
        assert [page.headers["X-RateLimit-Limit"] for page in pages] == ["2", "2", "2"]
        assert [page.headers["X-RateLimit-Remaining"] for page in pages] == ["1", "0", "0"]
        assert all(0 < int(page.headers["X-RateLimit-Reset"]) <= 60 for page in pages)
        assert pages[2].headers["Retry-After"] == pages[2].headers["X-RateLimit-Reset"]
        assert "X-RateLimit-Limit" not in (await browser.send("POST", "/token", data="{}")).headers


async def test_reload_is_no_fresh_start_for_whoever_is_limited(tmp_path: Path) -> None:
    async with running_broker(base_dir=tmp_path, changes=ONE_A_MINUTE) as broker, broker.browser() as browser:
        assert await statuses(browser, "203.0.113.5", "203.0.113.5") == [415, 429]
        await broker.reload({"service.name": "Another"})
        assert await statuses(browser, "203.0.113.5", "203.0.113.6") == [429, 415]


@pytest.mark.parametrize(("public_url", "said"), [(PUBLIC, 1), (None, 0)])
async def test_public_broker_says_that_page_loads_of_its_own_machine_are_not_limited(
    public_url: str | None, said: int, tmp_path: Path
) -> None:
    running = running_broker(base_dir=tmp_path, changes=WORLD, public_url=public_url)
    async with running as broker, broker.browser() as browser:
        with log_lines() as lines:
            pages = [await browser.get("/thirdparty/auth") for _ in range(3)]
    assert {page.status for page in pages} == {303}
    warnings = [line for line in lines if line["log_level"] == "warning"]
    assert [line["key"] for line in warnings] == ["server.trusted_proxies"] * said


async def test_session_remembers_the_peer_and_not_what_an_unlisted_proxy_says(
    broker: RunningBroker, browser: Browser
) -> None:
    browser.headers["X-Forwarded-For"] = "203.0.113.5"
    await browser.sign_in("alice")
    assert "203.0.113.5" not in (await browser.get("/sessions")).text
