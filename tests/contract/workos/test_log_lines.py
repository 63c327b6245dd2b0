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
from tests.contract.workos.applications import CLIENT_ID, REDIRECT_URI, authorize_url, signed_in


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
