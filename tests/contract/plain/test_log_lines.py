"""What a whole sign-in leaves in the log: a line for each request, enough to find it again, nothing to hide."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import structlog

from broker.telemetry.logging import configure
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.plain.calls import token_of
from tests.observed import Counted
from tests.peers.microsoft import SECRET, MicrosoftPeer

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The lines written since the last call, as an operator's log has them, debug included."""
    with redirect_stderr(io.StringIO()) as written:
        configure(level="debug", style="json")

    def taken() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in written.getvalue().splitlines()]
        written.seek(0)
        written.truncate()
        return found

    yield taken
    structlog.reset_defaults()


def parameters(url: str | None) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url or "").query))


async def travelled(browser: Browser) -> dict[str, str]:
    """Sign alice in, ask who she is, redeem her code, sign her out; answers every secret that was on its way."""
    started = await browser.start(login_hint="auto:alice", code_challenge="c" * 43, code_challenge_method="S256")
    asked = parameters(started.location)
    page = started
    while page.location is not None and not page.location.startswith(browser.url + "/thirdparty/callback"):
        page = await browser.get(page.location)
    returned = parameters(page.location)
    signed_in = await browser.get(page.location or "")
    secrets = {
        "state": asked["state"],
        "nonce": asked["nonce"],
        "provider challenge": asked["code_challenge"],
        "code": returned["code"],
        "sign-in cookie": started.set_cookies[0].partition("=")[2].partition(";")[0],
        "session token": token_of(browser),
        "one-time code": parameters(signed_in.location)["hanko_token"],
        "verifier": "v" * 43,
        "client secret": SECRET,
        "deployment secret": "a-secret-of-tests",
    }
    await browser.send("POST", "/token", json={"value": secrets["one-time code"], "code_verifier": secrets["verifier"]})
    await browser.get(f"/me?secret={secrets['session token']}")
    await browser.send("POST", "/sessions/validate", json={"session_token": secrets["session token"]})
    await browser.get(f"/thirdparty/callback?state={secrets['state']}&code={secrets['code']}x")
    await browser.send("POST", "/logout")
    return secrets


async def test_no_secret_and_no_address_of_a_whole_sign_in_is_logged(
    tmp_path: Path, emulator: MicrosoftPeer, lines: Lines
) -> None:
    changes = {"session.delivery": "both"}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        secrets = await travelled(browser)
    written = json.dumps(lines())
    assert written.count('"event": "request"') == 7
    assert [name for name, value in secrets.items() if value in written] == []
    for private in ("eyJ", "alder.example", "Alice", "127.0.0.1", "::1", "?", "auto:", "Bearer", "hanko="):
        assert private not in written, private


async def test_each_request_has_one_line_with_what_one_looks_for(lines: Lines, browser: Browser) -> None:
    lines()
    page = await browser.send("DELETE", "/sessions/01990000-0000-7000-8000-000000000000?x=y")
    (line,) = lines()
    assert {name: line[name] for name in ("event", "level", "surface", "method", "route", "status")} == {
        "event": "request",
        "level": "info",
        "surface": "public",
        "method": "DELETE",
        "route": "/sessions/{session_id}",
        "status": 401,
    }
    assert line["request_id"] == page.headers["X-Request-Id"]
    assert 0 <= line["ms"] < 10_000
    assert line["error"] == "not_authenticated"


async def test_line_of_a_sign_in_names_provider_and_outcome(lines: Lines, browser: Browser) -> None:
    lines()
    await browser.sign_in("alice")
    start, callback = [line for line in lines() if line["event"] == "request"]
    assert (start["route"], start["provider"], start["outcome"]) == ("/thirdparty/auth", "microsoft", "started")
    assert (callback["route"], callback["provider"]) == ("/thirdparty/callback", "microsoft")
    assert (callback["outcome"], callback["created"]) == ("signed_in", True)


async def test_line_of_a_failure_is_found_by_the_reference_that_the_person_sees(lines: Lines, browser: Browser) -> None:
    lines()
    page = await browser.sign_in("alice:cancel")
    line = lines()[-1]
    assert line["reference"] == page.query["error_reference"]
    assert (line["provider"], line["outcome"]) == ("microsoft", "access_denied")


async def test_words_of_the_provider_are_logged_without_the_account_they_name(
    emulator: MicrosoftPeer, lines: Lines, browser: Browser
) -> None:
    await emulator.fault("token", aadsts=50020)
    page = await browser.sign_in("alice")
    (line,) = [line for line in lines() if line.get("reference")]
    assert line["reference"] == page.query["error_reference"]
    assert "50020" in line["detail"]
    assert "AADSTS" not in page.query["error_description"]


async def test_security_event_is_one_warning_that_names_its_kind(
    broker: RunningBroker, emulator: MicrosoftPeer, lines: Lines, browser: Browser
) -> None:
    before = Counted.of(broker.application.broker.metrics)
    await emulator.claims(set={"nonce": "somebody else's"})
    page = await browser.sign_in("alice")
    (alarm,) = [line for line in lines() if line["event"] == "security"]
    assert (alarm["level"], alarm["kind"], alarm["provider"]) == ("warning", "nonce", "microsoft")
    assert (alarm["reference"], alarm["request_id"]) == (page.query["error_reference"], page.headers["X-Request-Id"])
    assert Counted.of(broker.application.broker.metrics).since(before).security == {"nonce": 1}


async def test_health_and_figures_do_not_fill_the_log(broker: RunningBroker, lines: Lines, browser: Browser) -> None:
    lines()
    for url in ("/health/alive", "/health/ready", f"{broker.admin_url}/metrics"):
        await browser.get(url)
    assert [line["level"] for line in lines()] == ["debug"] * 3


async def test_path_that_is_none_of_ours_is_not_repeated_in_the_log(lines: Lines, browser: Browser) -> None:
    lines()
    await browser.get("/alice@alder.example/eyJhbGciOi")
    (line,) = lines()
    assert (line["route"], line["status"]) == ("-", 404)
    assert "alice" not in json.dumps(line)


@pytest.mark.parametrize("asked", [True, False])
async def test_address_of_the_client_is_logged_only_where_log_asks_for_it(
    asked: bool, broker: RunningBroker, lines: Lines, browser: Browser
) -> None:
    await broker.reload({"log.addresses": asked, "server.trusted_proxies": ["127.0.0.1"]})
    lines()
    await browser.send("GET", "/me", headers={"X-Forwarded-For": "203.0.113.5"})
    (line,) = lines()
    assert line.get("client") == ("203.0.113.5" if asked else None)
    assert ("203.0.113.5" in json.dumps(line)) is asked


@pytest.mark.parametrize(("method", "path"), [("OPTIONS", "/login"), ("GET", "/me"), ("GET", "/sessions/validate")])
async def test_page_that_is_not_listed_is_named_with_the_key_to_set(
    method: str, path: str, lines: Lines, browser: Browser
) -> None:
    lines()
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    await browser.send(method, path, headers=headers)
    (line,) = lines()
    assert line["refused_origin"] == "https://shop.example"
    assert "server.public.cors.allow_origins" in line["remedy"]


async def test_name_of_a_page_steers_no_terminal_that_shows_the_log(lines: Lines, browser: Browser) -> None:
    """Servers take any byte from 0x80 on in a header; some begin what terminals obey, others write backwards."""
    lines()
    await browser.send("GET", "/me", headers={"Origin": "https://shop.example\x9b31m\u202e x" + "y" * 200})
    (line,) = lines()
    assert line["refused_origin"] == ("https://shop.example31mx" + "y" * 200)[:100]


async def test_name_that_is_not_ours_is_told_with_the_key_that_lists_more(lines: Lines, browser: Browser) -> None:
    lines()
    await browser.send("GET", "/me", headers={"Host": "broker.internal\x9b31m:8000"})
    (line,) = lines()
    assert line["refused_host"] == "broker.internal\u00c2\\x9b31m:8000"
    assert "server.hosts" in line["remedy"]


async def test_page_of_ours_is_no_page_that_is_not_listed(lines: Lines, browser: Browser) -> None:
    lines()
    await browser.send("GET", "/me", headers={"Origin": browser.url})
    (line,) = lines()
    assert "refused_origin" not in line


async def test_refused_target_is_logged_with_the_key_to_set(lines: Lines, browser: Browser) -> None:
    lines()
    await browser.start(redirect_to="https://shop.example/")
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert "refused by no-pattern" in line["detail"]
    assert "third_party.allowed_redirect_urls" in line["remedy"]
