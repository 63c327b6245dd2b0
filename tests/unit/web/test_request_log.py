"""One line and one figure for each request, whatever becomes of it."""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from broker.clock import FrozenClock
from broker.telemetry.metrics import Metrics
from broker.web.middleware.request_log import RequestLog
from tests.unit.web.asgi import Answer, Seen, a_scope, ask


@dataclass
class Around:
    """What the middleware needs of a broker: a clock, figures, one rule."""

    log_addresses: bool = False
    clock: FrozenClock = field(default_factory=FrozenClock)
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def rules(self) -> SimpleNamespace:
        return SimpleNamespace(log_addresses=self.log_addresses)

    async def ask(self, app: ASGIApp, scope: Scope | None = None) -> tuple[Answer, dict[str, Any]]:
        """The answer and its line."""
        scope = scope or a_scope()
        scope["broker"] = self
        with capture_logs() as lines:
            answer = await ask(RequestLog(app, surface="public"), scope)
        (line,) = lines
        return answer, dict(line)


async def test_line_tells_of_the_request_what_is_safe_to_tell() -> None:
    around = Around()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        around.clock.advance(0.25)
        scope["route_path"] = "/sessions/{session_id}"
        scope.setdefault("log_facts", {})["provider"] = "microsoft"
        await Seen()(scope, receive, send)

    scope = a_scope("DELETE", "/sessions/17", headers=[("cookie", "hanko=x")], query_string=b"a=b")
    answer, line = await around.ask(slow, scope)
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": answer.headers["x-request-id"],
        "surface": "public",
        "method": "DELETE",
        "route": "/sessions/{session_id}",
        "status": 200,
        "ms": 250.0,
        "provider": "microsoft",
    }


async def test_request_is_counted_and_timed_by_its_route() -> None:
    around = Around()

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route_path"] = "/me"
        await Seen()(scope, receive, send)

    await around.ask(routed)
    await around.ask(Seen(), a_scope("BREW", "/made-up"))
    written = around.metrics.render().decode()
    assert 'broker_requests_total{method="GET",route="/me",status="200"} 1.0' in written
    assert 'broker_requests_total{method="-",route="-",status="200"} 1.0' in written
    assert 'broker_request_seconds_count{route="/me"} 1.0' in written


@pytest.mark.parametrize("given", ["a", "x" * 64, "0-9-A-z"])
async def test_well_formed_id_from_outside_is_kept(given: str) -> None:
    answer, line = await Around().ask(Seen(), a_scope(headers=[("x-request-id", given)]))
    assert (answer.headers["x-request-id"], line["request_id"]) == (given, given)


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "a_b", "ä", "a\r\nx: y"])
async def test_id_of_another_form_is_replaced_by_our_own(given: str) -> None:
    answer, line = await Around().ask(Seen(), a_scope(headers=[("x-request-id", given)]))
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert line["request_id"] == answer.headers["x-request-id"]


async def test_id_replaces_one_that_the_app_wrote() -> None:
    async def own_id(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"x-request-id", b"mine")]})
        await send({"type": "http.response.body", "body": b""})

    answer, line = await Around().ask(own_id)
    assert answer.headers["x-request-id"] == line["request_id"] != "mine"


async def test_failure_after_the_answer_began_is_logged_and_not_answered_twice() -> None:
    async def breaking(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ha", "more_body": True})
        raise ZeroDivisionError("in the middle")

    answer, line = await Around().ask(breaking)
    assert (answer.status, answer.body) == (200, b"ha")
    assert (line["log_level"], line["status"]) == ("error", 200)
    assert isinstance(line["exc_info"], ZeroDivisionError)


@pytest.mark.parametrize(
    ("asked", "client", "shown"),
    [(True, ("192.0.2.7", 1), "192.0.2.7"), (True, None, None), (False, ("192.0.2.7", 1), None)],
)
async def test_client_stands_in_the_line_only_where_addresses_are_asked_for(
    asked: bool, client: tuple[str, int] | None, shown: str | None
) -> None:
    _, line = await Around(log_addresses=asked).ask(Seen(), a_scope(client=client))
    assert line.get("client") == shown


@pytest.mark.parametrize(("status", "level"), [(200, "debug"), (503, "info")])
async def test_health_is_heard_of_only_when_it_fails(status: int, level: str) -> None:
    async def ready(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["route_path"] = "/health/ready"
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    _, line = await Around().ask(ready)
    assert line["log_level"] == level


@pytest.mark.parametrize(
    ("status", "facts", "level"),
    [
        (503, {}, "warning"),
        (404, {}, "info"),
        (303, {"outcome": "signed_in"}, "info"),
        (303, {"outcome": "access_denied"}, "info"),
        (303, {"outcome": "sign_in_expired"}, "info"),
        (303, {"outcome": "provider_misconfigured"}, "warning"),
        (303, {"outcome": "temporarily_unavailable"}, "warning"),
        (303, {"outcome": "server_error"}, "warning"),
    ],
)
async def test_what_only_the_operator_can_mend_is_a_warning(status: int, facts: dict[str, str], level: str) -> None:
    """Also where the person was sent on with 303: nobody else will tell them that the secret has expired."""

    async def failing(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["log_facts"] = facts
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    _, line = await Around().ask(failing)
    assert line["log_level"] == level
