"""Which `Host` is ours, and which headers every answer has."""

from collections.abc import Sequence

import pytest
from starlette.types import Receive, Scope, Send

from broker.web.middleware.hosts import Hosts
from broker.web.middleware.security_headers import SecurityHeaders
from tests.unit.web.asgi import Seen, a_scope, ask

OURS = frozenset({"login.example.com", "localhost:8000"})


async def status(*hosts: str, path: str = "/", own_address: bool = False, server: str = "127.0.0.1") -> int:
    seen = Seen()
    app = Hosts(seen, is_ours=OURS.__contains__, key="server.hosts", admits_own_address=own_address)
    headers: Sequence[tuple[str, str]] = [("host", host) for host in hosts]
    answer = await ask(app, a_scope(path=path, headers=headers, server=(server, 8001)))
    assert len(seen.scopes) == (1 if answer.status == 200 else 0)
    return answer.status


@pytest.mark.parametrize("host", ["login.example.com", "LOGIN.Example.COM", "localhost:8000"])
async def test_own_name_is_served_whatever_its_case(host: str) -> None:
    assert await status(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "login.example.com.evil.example",
        "login.example.com:8000",
        "login.example.com.",
        "localhost",
        "127.0.0.1",
        "login.example.com, evil.example",
        "login.example.com@evil.example",
        "",
    ],
)
async def test_any_other_name_is_misdirected(host: str) -> None:
    assert await status(host) == 421


async def test_request_without_a_host_is_misdirected() -> None:
    assert await status() == 421


async def test_two_hosts_are_misdirected_even_where_both_are_ours() -> None:
    assert await status("login.example.com", "login.example.com") == 421


@pytest.mark.parametrize("path", ["/health/alive", "/health/ready"])
async def test_health_is_asked_by_any_name(path: str) -> None:
    assert await status("10.0.0.7:8000", path=path) == 200


@pytest.mark.parametrize("path", ["/health", "/healthy", "/HEALTH/alive", "/x/health/alive"])
async def test_only_health_is_excepted(path: str) -> None:
    assert await status("evil.example", path=path) == 421


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.0.0.7:8001", "10.0.0.7"), ("10.0.0.7", "10.0.0.7"), ("[2001:db8::7]:8001", "2001:db8::7")],
)
async def test_address_that_the_request_came_in_by_is_ours_where_that_is_admitted(host: str, server: str) -> None:
    assert await status(host, own_address=True, server=server) == 200
    assert await status(host, server=server) == 421
    assert await status(host, own_address=True, server="192.0.2.1") == 421


async def whoami(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public, max-age=300")]})
    await send({"type": "http.response.body", "body": b""})


async def test_answer_has_the_headers_that_it_did_not_set_itself() -> None:
    answer = await ask(SecurityHeaders(whoami, is_https=False), a_scope())
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")


@pytest.mark.parametrize("is_https", [True, False])
async def test_https_is_demanded_for_a_year_only_where_we_speak_it(is_https: bool) -> None:
    answer = await ask(SecurityHeaders(Seen(), is_https=is_https), a_scope())
    assert answer.headers.get("strict-transport-security") == ("max-age=31536000" if is_https else None)
