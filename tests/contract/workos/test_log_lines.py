"""What an operator finds in the log when an application is not registered as it calls us."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest
import structlog

from broker.telemetry.logging import configure
from tests.browsers import Browser
from tests.contract.workos.applications import (
    API_KEY,
    CLIENT_ID,
    OTHER_API_KEY,
    OTHER_CLIENT_ID,
    REDIRECT_URI,
    authorize_url,
    signed_in,
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    with redirect_stderr(io.StringIO()) as log:
        configure(level="info", style="json")
    yield log
    structlog.reset_defaults()


async def line_of(browser: Browser, written: io.StringIO, **changes: str | None) -> tuple[dict[str, Any], str]:
    written.seek(0)
    written.truncate()
    page = await browser.get(authorize_url("user_management", **changes))
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert "req_" + line["request_id"] == page.headers["X-Request-ID"]
    return line, page.text


async def test_url_that_is_not_registered_is_logged_with_application_and_remedy(
    browser: Browser, written: io.StringIO
) -> None:
    line, page = await line_of(browser, written, redirect_uri=REDIRECT_URI + "/")

    assert line["application"] == CLIENT_ID
    assert line["detail"].endswith("not-registered")
    assert f"broker redirects explain URL --application {CLIENT_ID}" in line["remedy"]
    assert line["reference"] in page


async def test_client_that_is_unknown_is_logged_with_the_key_to_look_at(browser: Browser, written: io.StringIO) -> None:
    line, page = await line_of(browser, written, client_id="client_01NOBODY")

    assert "workos.applications" in line["remedy"]
    assert line["reference"] in page
    assert "NOBODY" not in str(line)


async def test_sign_in_that_fails_at_the_callback_is_logged_with_application_and_the_reference_that_it_is_told(
    browser: Browser, written: io.StringIO
) -> None:
    page = await signed_in(browser, authorize_url(login_hint="auto:alice:cancel"))

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (line,) = [line for line in lines if line.get("route") == "/thirdparty/callback"]
    assert (line["application"], line["outcome"]) == (CLIENT_ID, "access_denied")
    assert line["reference"] in page.query["error_description"]


async def test_code_that_is_refused_is_logged_with_the_reason_that_nobody_is_told(
    browser: Browser, program: Browser, written: io.StringIO
) -> None:
    code = (await signed_in(browser, authorize_url())).query["code"]
    others = {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY}

    other, told_other = await refused_exchange(program, written, code, **others)
    moved, told_moved = await refused_exchange(program, written, code, redirect_uri=REDIRECT_URI + "/")
    await refused_exchange(program, written, code)
    used, told_used = await refused_exchange(program, written, code)
    wrong, _ = await refused_exchange(program, written, code, client_secret=OTHER_API_KEY)

    assert CLIENT_ID in other
    assert "redirect_uri" in moved
    assert "twice" in used
    assert "api_keys" in wrong
    assert told_other == told_moved == told_used
    assert code not in other + moved + used


async def refused_exchange(program: Browser, written: io.StringIO, code: str, **changes: str) -> tuple[str, bytes]:
    """What the operator is told, and what the program is."""
    written.seek(0)
    written.truncate()
    given = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}
    page = await program.send("POST", "/user_management/authenticate", json=given | changes)
    (line,) = [json.loads(line) for line in written.getvalue().splitlines() if '"request"' in line]
    return line.get("remedy", ""), page.body
