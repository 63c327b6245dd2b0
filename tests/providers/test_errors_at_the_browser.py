"""Microsoft's every error at a running broker: our code and sentence for the person, its text for the log alone."""

from pathlib import Path
from typing import Any

import pytest

from broker.web.strings import ERRORS, REASONS
from tests.browsers import Page
from tests.observed import Rows, all_rows, log_lines
from tests.providers.aadsts import SECURITY, Place, said_at
from tests.stage import Stage, staged

TEXT = "<b>Zanzibar</b>: tenant Alder, object 5eed"
"""What Microsoft says in these tests, and in any place but the log would be found by its first word."""
WORDS = ("Zanzibar", "AADSTS", "Trace", "object 5eed", "Correlation")
ERROR_URL = "http://localhost:8888/error?"


def assert_told_calmly(page: Page, code: str) -> None:
    assert page.status == 303
    assert page.location is not None
    assert page.location.startswith(ERROR_URL)
    assert page.query.keys() == {"error", "error_description", "error_reference"}
    assert page.query["error"] == code
    assert page.query["error_description"] in {ERRORS[code], *REASONS.values()}
    everything = f"{page.location} {page.headers} {page.set_cookies} {page.text}"
    assert not [word for word in WORDS if word in everything]


def assert_logged(lines: list[Any], page: Page, number: int, security: str | None) -> None:
    """The operator finds the number, Microsoft's text and a hint under the reference that the person saw."""
    reference = page.query["error_reference"]
    [line] = [line for line in lines if line["event"] == "request" and line.get("reference") == reference]
    # Of an answer with 503 the status is all that is read.
    if "status 503" not in line["detail"]:
        assert f"AADSTS{number}" in line["detail"]
        assert "Zanzibar" in line["detail"]
        assert "hint: " in line["detail"]
    alarms = [line["kind"] for line in lines if line["event"] == "security" and line["reference"] == reference]
    assert alarms == ([security] if security else [])


def assert_unwritten(rows: Rows) -> None:
    assert not [word for word in WORDS if word in str(rows)]


async def signed_in_with(stage: Stage, place: Place, number: int) -> Page:
    where = "page" if place == "page" else "redirect"
    endpoint = "token" if place == "token" else "authorize"
    await stage.emulator.fault(endpoint, aadsts=number, error_description=TEXT, where=where)
    page = await stage.victim.start(login_hint="auto:alice")
    while page.location is not None and not page.location.startswith(ERROR_URL):
        page = await stage.victim.get(page.location)
    return page


@pytest.mark.parametrize("place", ["redirect", "token"])
async def test_every_number_is_told_in_our_words_and_logged_in_microsofts(place: Place, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for number, code in said_at(place):
            with log_lines() as lines:
                page = await signed_in_with(stage, place, number)
            assert_told_calmly(page, code)
            # Anybody can craft a callback with an error in it: only the token endpoint's word raises an alarm.
            assert_logged(lines, page, number, SECURITY.get(number) if place == "token" else None)
            if code == "temporarily_unavailable":
                stage.clock.advance(16)
        assert_unwritten(await all_rows(stage.broker.application.broker.store))


async def test_who_is_stuck_on_microsofts_page_leaves_nothing_behind(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for number, _code in said_at("page")[:8]:
            page = await signed_in_with(stage, "page", number)
            assert page.location is None
            assert f"AADSTS{number}" in page.text
        assert await stage.written() == {}
        assert (await stage.victim.sign_in("alice")).query.get("error") is None


async def test_whoever_cancels_raises_no_alarm_and_may_try_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        with log_lines() as lines:
            page = await stage.victim.sign_in("alice:cancel")
        assert_told_calmly(page, "access_denied")
        assert [line["log_level"] for line in lines if line["event"] == "request"] == ["info", "info"]
        assert not [line for line in lines if line["event"] == "security"]
        assert (await stage.victim.sign_in("alice")).query.get("error") is None
