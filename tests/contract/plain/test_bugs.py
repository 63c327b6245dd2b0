"""A bug of ours: outside nothing but that it happened and the id to ask about; inside the whole story."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.web.access import public
from broker.web.broker import Broker
from broker.web.errors import JsonDialect
from broker.web.middleware.cors import Cors
from broker.web.middleware.request_log import RequestLog
from broker.web.middleware.security_headers import SecurityHeaders
from broker.web.plain.routes import SignInDialect
from broker.web.surface import Dialect, Endpoint, mount
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import told
from tests.observed import log_lines
from tests.servers import loopback_socket, port_of, serving

STORY = "the row of user 42 has two heads"
ANSWER = {"code": 500, "message": "Internal Server Error"}
PAGE = "http://localhost:8888"


async def buggy(_request: Request, _broker: Broker) -> Response:
    raise ZeroDivisionError(STORY)


async def buggy_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ZeroDivisionError(STORY)


def table(dialect: Dialect) -> ASGIApp:
    endpoint = Endpoint(method="GET", path="/buggy/{name}", handler=buggy, access=public)
    return Router(routes=mount([endpoint], dialect))


@asynccontextmanager
async def around(broker: RunningBroker, app: ASGIApp) -> AsyncIterator[Browser]:
    """A browser of a server with this app inside our outer middleware."""
    wrapped = SecurityHeaders(RequestLog(Cors(app), surface="public"), is_https=False)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        scope["broker"] = broker.application.broker
        await wrapped(scope, receive, send)

    listener = loopback_socket()
    async with serving(served, listener), Browser(f"http://localhost:{port_of(listener)}") as browser:
        yield browser


@pytest.mark.parametrize("app", [table(JsonDialect()), buggy_app], ids=["handler", "middleware"])
async def test_outside_a_bug_is_500_with_a_request_id_and_nothing_else(app: ASGIApp, broker: RunningBroker) -> None:
    with log_lines() as lines:
        async with around(broker, app) as browser:
            page = await browser.send("GET", "/buggy/x?secret=y", headers={"Origin": PAGE})
    assert (page.status, told(page)) == (500, ANSWER)
    assert "heads" not in str(page.headers)
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    (line,) = lines
    assert (line["log_level"], line["status"]) == ("error", 500)
    assert line["request_id"] == page.headers["X-Request-Id"]
    assert STORY in str(line["exc_info"])
    assert "secret" not in json.dumps(line, default=str)


async def test_page_can_read_that_a_bug_of_a_handler_answered_it(broker: RunningBroker) -> None:
    async with around(broker, table(JsonDialect())) as browser:
        page = await browser.send("GET", "/buggy/x", headers={"Origin": PAGE})
    assert page.headers["Access-Control-Allow-Origin"] == PAGE


async def test_bug_in_a_page_load_ends_at_the_error_url_with_a_reference(broker: RunningBroker) -> None:
    with log_lines() as lines:
        async with around(broker, table(SignInDialect())) as browser:
            page = await browser.get("/buggy/x")
    assert page.status == 303
    assert page.location is not None
    assert page.location.startswith("http://localhost:8888/error?error=server_error&error_description=")
    assert "heads" not in page.location
    assert lines[-1]["reference"] == page.query["error_reference"]
    assert STORY in str(lines[-1]["exc_info"])


@pytest.mark.parametrize("destination", ["empty", "iframe", "image"])
async def test_bug_in_a_request_that_is_no_page_load_is_told_there(destination: str, broker: RunningBroker) -> None:
    """A script or a frame that followed the redirect would show nobody anything."""
    async with around(broker, table(SignInDialect())) as browser:
        page = await browser.get("/buggy/x", Sec_Fetch_Dest=destination)
    assert (page.status, told(page)) == (500, ANSWER)


async def test_table_that_is_gone_is_a_failure_of_ours_and_no_sign_out(broker: RunningBroker, alice: Browser) -> None:
    async with broker.application.broker.store.transaction() as c:
        await c.execute("ALTER TABLE sessions RENAME TO elsewhere")
    page = await alice.get("/me")
    assert (page.status, told(page), page.set_cookies) == (500, ANSWER, ())
