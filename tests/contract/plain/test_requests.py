"""What every request meets before a handler does: names, ids, proxies, sizes, limits, and headers on the way home."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import told
from tests.peers.microsoft import MicrosoftPeer

LISTED = "http://localhost:8888"
TOO_MANY = {"code": 429, "message": "Too Many Requests"}


async def raw(broker: RunningBroker, request: str) -> bytes:
    """What the broker answers to these very bytes, up to the end of the connection."""
    address = urlsplit(broker.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request.replace("\n", "\r\n").encode("latin-1"))
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost", "localhost:1", "localhost:8000.evil.example"]
)
async def test_request_for_another_host_is_misdirected(host: str, browser: Browser) -> None:
    """Against DNS rebinding: a stranger's page whose name points at us is not our page."""
    page = await browser.send("GET", "/", headers={"Host": host})
    assert (page.status, told(page)) == (421, {"code": 421, "message": "Misdirected Request"})


async def test_host_that_the_operator_lists_is_served(broker: RunningBroker, browser: Browser) -> None:
    await broker.reload({"server.hosts": ["login.internal:8443"]})
    assert (await browser.send("GET", "/", headers={"Host": "Login.Internal:8443"})).status == 200
    assert (await browser.send("GET", "/", headers={"Host": "login.internal"})).status == 421
    assert (await browser.get("/")).status == 200


async def test_health_is_answered_under_any_host(browser: Browser) -> None:
    assert (await browser.send("GET", "/health/ready", headers={"Host": "10.0.0.7:8000"})).status == 200


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\nConnection: close\n\n",
        "GET / HTTP/1.0\n\n",
        "GET / HTTP/1.1\nHost: a\nHost: b\nConnection: close\n\n",
    ],
)
async def test_request_without_one_host_is_misdirected(request_text: str, broker: RunningBroker) -> None:
    assert (await raw(broker, request_text)).split(b" ")[1] in (b"421", b"400")


async def test_request_id_of_a_proxy_is_kept(browser: Browser) -> None:
    page = await browser.send("GET", "/me", headers={"X-Request-Id": "From-the-proxy-17"})
    assert page.headers["X-Request-Id"] == "From-the-proxy-17"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a_b", "a.b", "é", "<script>", "a;b"])
async def test_request_id_of_another_form_is_replaced(given: str, browser: Browser) -> None:
    own = (await browser.send("GET", "/me", headers={"X-Request-Id": given})).headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", own)


async def test_each_request_has_an_id_of_its_own(browser: Browser) -> None:
    ids = {(await browser.get(path)).headers["X-Request-Id"] for path in ("/", "/me", "/nowhere", "/thirdparty/auth")}
    assert len(ids) == 4


async def some_answers(broker: RunningBroker, browser: Browser) -> dict[str, Page]:
    """One of each kind: pages, JSON, redirects, refusals of every layer."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return {
        "page": await browser.get("/"),
        "json": await browser.get("/health/alive"),
        "style": await browser.get("/broker.css"),
        "keys": await browser.get("/.well-known/jwks.json"),
        "start": await browser.start(),
        "refused start": await browser.get("/thirdparty/auth?provider=nobody"),
        "callback": await browser.get("/thirdparty/callback?state=x&code=y"),
        "401": await browser.get("/me"),
        "403": await browser.send("POST", "/logout", headers={"Origin": "https://evil.example"}),
        "404": await browser.get("/nowhere"),
        "404 below": await browser.get("/thirdparty/nowhere"),
        "405": await browser.send("PUT", "/me"),
        "HEAD": await browser.send("HEAD", "/thirdparty/auth"),
        "413": await browser.send("POST", "/token", data=b"x" * 70_000),
        "415": await browser.send("POST", "/token", data=b"x=y", headers=form),
        "421": await browser.send("GET", "/", headers={"Host": "evil.example"}),
        "preflight": await browser.send(
            "OPTIONS", "/me", headers={"Origin": LISTED, "Access-Control-Request-Method": "GET"}
        ),
        "frame": await browser.send("GET", "/thirdparty/auth", headers={"Sec-Fetch-Dest": "iframe"}),
        "prefetch": await browser.send("GET", "/thirdparty/auth", headers={"Sec-Purpose": "prefetch"}),
        "admin": await browser.get(f"{broker.admin_url}/metrics"),
        "admin 401": await browser.get(f"{broker.admin_url}/users"),
    }


async def test_every_answer_has_the_security_headers_and_a_request_id(broker: RunningBroker, browser: Browser) -> None:
    for name, page in (await some_answers(broker, browser)).items():
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "frame-ancestors 'none'" in policy, name
        assert "base-uri 'none'" in policy, name
        assert page.headers["X-Content-Type-Options"] == "nosniff", name
        assert page.headers["X-Frame-Options"] == "DENY", name
        assert page.headers["Referrer-Policy"] == "no-referrer", name
        assert page.headers["X-Request-Id"], name
        assert "Strict-Transport-Security" not in page.headers, name


async def test_answers_are_kept_nowhere_but_where_they_are_public(broker: RunningBroker, browser: Browser) -> None:
    kept = {name: page.headers["Cache-Control"] for name, page in (await some_answers(broker, browser)).items()}
    assert {name: value for name, value in kept.items() if value != "no-store"} == {
        "style": "public, max-age=3600",
        "keys": "public, max-age=300",
    }


async def test_behind_https_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    changes = {
        "third_party.providers.microsoft": {"client_id": "00000000-0000-4000-8000-000000000001", "secret": "s" * 40}
    }
    async with (
        running_broker(base_dir=tmp_path, changes=changes, public_url="https://login.example.com") as broker,
        broker.browser() as browser,
    ):
        for path in ("/", "/nowhere", "/me"):
            assert (await browser.get(path)).headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_body_of_more_than_64_kib_is_refused(browser: Browser) -> None:
    page = await browser.send("POST", "/sessions/validate", data=b"x" * (64 * 1024 + 1), headers={"Origin": LISTED})
    assert (page.status, told(page)) == (413, {"code": 413, "message": "Content Too Large"})
    assert page.headers["Access-Control-Allow-Origin"] == LISTED


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: -1",
        "Content-Length: 1x",
        "Content-Length: 5\nContent-Length: 6",
        "Content-Length: 5\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
    ],
)
async def test_body_that_two_readers_would_frame_differently_is_refused(framing: str, broker: RunningBroker) -> None:
    """Request smuggling: what a proxy takes for one request must not be two for us."""
    host = urlsplit(broker.url).netloc
    head = f"POST /sessions/validate HTTP/1.1\nHost: {host}\nContent-Type: application/json\n{framing}\n\n"
    answer = await raw(broker, head + "0\n\nGET /smuggled HTTP/1.1\nHost: x\n\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.fixture
async def tight(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """A broker behind a proxy on this machine that grants two requests a minute in each bucket."""
    changes = {
        "server.trusted_proxies": ["127.0.0.1"],
        "rate_limiter": {"starts": "2/m", "callbacks": "2/m", "tokens": "2/m"},
    }
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker:
        yield broker


async def three(browser: Browser, method: str, path: str, client: str | None) -> list[int]:
    headers = {} if client is None else {"X-Forwarded-For": client}
    return [(await browser.send(method, path, headers=headers)).status for _ in range(3)]


@pytest.mark.parametrize(
    ("method", "path", "served"),
    [
        ("GET", "/thirdparty/auth?provider=microsoft", 303),
        ("GET", "/thirdparty/start?ticket=x", 303),
        ("GET", "/thirdparty/callback?state=x", 303),
        ("GET", "/thirdparty/callback/microsoft?state=x", 303),
        ("POST", "/token", 415),
    ],
)
async def test_client_has_so_many_starts_callbacks_and_token_requests(
    method: str, path: str, served: int, tight: RunningBroker
) -> None:
    async with tight.browser() as browser:
        assert await three(browser, method, path, "203.0.113.5") == [served, served, 429]
        assert await three(browser, method, path, "203.0.113.6") == [served, served, 429]
        assert await three(browser, method, path, None) == [served] * 3


async def test_refused_client_is_told_when_to_come_back_and_its_page_can_read_it(tight: RunningBroker) -> None:
    async with tight.browser() as browser:
        headers = {"X-Forwarded-For": "2001:db8:1:2::5", "Origin": LISTED}
        await three(browser, "POST", "/token", "2001:db8:1:2::6")
        page = await browser.send("POST", "/token", headers=headers, json={"value": "x"})
    assert (page.status, told(page)) == (429, TOO_MANY)
    assert 1 <= int(page.headers["Retry-After"]) <= 60
    assert page.headers["Access-Control-Allow-Origin"] == LISTED
    assert "Retry-After" in page.headers["Access-Control-Expose-Headers"]


async def test_left_part_of_a_forwarded_chain_gives_no_second_limit(tight: RunningBroker) -> None:
    async with tight.browser() as browser:
        for made_up in ("1.1.1.1", "2.2.2.2", "3.3.3.3"):
            await browser.send("POST", "/token", headers={"X-Forwarded-For": f"{made_up}, 203.0.113.5"})
        page = await browser.send("POST", "/token", headers={"X-Forwarded-For": "4.4.4.4, 203.0.113.5"})
    assert page.status == 429


async def test_limits_can_be_switched_off(tight: RunningBroker) -> None:
    await tight.reload({"rate_limiter.enabled": False})
    async with tight.browser() as browser:
        assert await three(browser, "POST", "/token", "203.0.113.5") == [415] * 3


async def test_session_remembers_the_client_behind_the_proxy(tight: RunningBroker) -> None:
    async with tight.browser() as browser:
        browser.headers["X-Forwarded-For"] = "1.1.1.1, 203.0.113.5"
        await browser.sign_in("alice")
        (mine,) = told(await browser.get("/sessions"))
    assert mine["ip_address"] == "203.0.113.5"


async def test_sender_of_too_much_is_hung_up_on(broker: RunningBroker) -> None:
    """Nothing of the announced body was sent: an open connection would wait for it."""
    address = urlsplit(broker.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"POST /token HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 70000\r\n\r\n".encode())
    async with asyncio.timeout(4):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
