"""What is refused before any handler: the operator sees which path it was, and no stranger sees more than a refusal."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import UNAUTHORIZED, bearer, told
from tests.observed import log_lines

STRANGER = {"Origin": "https://evil.example"}


def refused(lines: list[MutableMapping[str, Any]]) -> list[tuple[str, str, int]]:
    """Surface, route and status of each line."""
    return [(line["surface"], line["route"], line["status"]) for line in lines if line["event"] == "request"]


async def test_line_and_figure_of_a_refused_request_name_its_route(broker: RunningBroker, browser: Browser) -> None:
    with log_lines() as lines:
        await browser.send("POST", "/logout", headers=STRANGER)
        await browser.send("DELETE", "/sessions/alice@alder.example", headers=STRANGER)
        await browser.send("POST", "/token", data=b"x" * 70_000)
        await browser.send("GET", "/me", headers={"Host": "evil.example"})
        await browser.send("GET", "/made-up", headers={"Host": "evil.example"})
        await browser.send("GET", f"{broker.admin_url}/metrics", headers={"Host": "evil.example"})
    assert refused(lines) == [
        ("public", "/logout", 403),
        ("public", "/sessions/{session_id}", 403),
        ("public", "/token", 413),
        ("public", "/me", 421),
        ("public", "-", 421),
        ("admin", "/metrics", 421),
    ]
    figures = broker.application.broker.metrics.render().decode()
    assert 'broker_requests_total{method="POST",route="/token",status="413"} 1.0' in figures
    assert 'broker_requests_total{method="-",route="-",status="421"} 1.0' in figures


async def test_line_of_a_limited_request_names_its_route(tmp_path: Path) -> None:
    changes = {"rate_limiter": {"tokens": "1/m"}, "server.trusted_proxies": ["127.0.0.1"]}
    async with running_broker(base_dir=tmp_path, changes=changes) as broker, broker.browser() as browser:
        browser.headers["X-Forwarded-For"] = "203.0.113.5"
        await browser.send("POST", "/token")
        with log_lines() as lines:
            await browser.send("POST", "/token")
    assert refused(lines) == [("public", "/token", 429)]


async def raw(broker: RunningBroker, head: str) -> bytes:
    """The answer to these bytes, up to the end of the connection, which we do not end ourselves."""
    address = urlsplit(broker.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head.format(host=address.netloc).replace("\n", "\r\n").encode())
    async with asyncio.timeout(4):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("framing", ["Content-Length: 65537", "Transfer-Encoding: chunked"])
async def test_body_where_none_belongs_is_refused_and_hung_up_on(
    method: str, framing: str, broker: RunningBroker
) -> None:
    answer = await raw(broker, f"{method} /me HTTP/1.1\nHost: {{host}}\n{framing}\n\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/users"])
async def test_without_a_key_nobody_learns_which_methods_there_are(
    method: str, path: str, broker: RunningBroker, program: Browser
) -> None:
    page = await program.send(method, f"{broker.admin_url}{path}")
    assert (page.status, page.headers.get("Allow")) == (401, None)
    if method != "HEAD":
        assert told(page) == UNAUTHORIZED


@pytest.mark.parametrize(("path", "allowed"), [("/users", "GET, POST"), ("/nothing", "GET, POST, PUT, PATCH, DELETE")])
async def test_with_a_key_a_method_that_is_not_served_is_named_as_such(
    broker: RunningBroker, program: Browser, path: str, allowed: str
) -> None:
    key = (await broker.application.broker.api_keys.create("scraper")).key
    page = await program.send("OPTIONS", f"{broker.admin_url}{path}", headers=bearer(key))
    assert (page.status, page.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "none, cross-site"])
@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/users"])
async def test_what_another_site_made_a_browser_ask_is_refused_at_the_admin_address(
    site: str, path: str, broker: RunningBroker, program: Browser
) -> None:
    """An image or a script carries no `Origin`, but says where it stands."""
    key = (await broker.application.broker.api_keys.create("scraper")).key
    page = await program.send("GET", f"{broker.admin_url}{path}", headers={"Sec-Fetch-Site": site, **bearer(key)})
    assert page.status == 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
async def test_operator_may_look_at_the_figures_in_a_browser(
    site: str, broker: RunningBroker, program: Browser
) -> None:
    assert (await program.send("GET", f"{broker.admin_url}/metrics", headers={"Sec-Fetch-Site": site})).status == 200
