"""What a person sees in a page load that cannot be served, and what a program reads in its place."""

from urllib.parse import urlencode

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import UNAUTHORIZED, UNAVAILABLE, told
from tests.observed import log_lines

REFUSED = "https://evil.example/"
LINK = f"/logout?{urlencode({'return_to': REFUSED})}"
BAD_REQUEST = {"code": 400, "message": "Bad Request"}


def is_our_page(page: Page, sentence: str) -> bool:
    """A page of ours that says this, under its strict policy, and shows a reference."""
    assert page.headers["Content-Type"] == "text/html; charset=utf-8", page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Reference" in page.text
    return sentence in page.text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Dest": "document"}])
async def test_person_whose_link_names_a_refused_target_sees_a_page_of_ours(
    headers: dict[str, str], alice: Browser
) -> None:
    with log_lines() as lines:
        page = await alice.get(LINK, **headers)
    assert (page.status, page.location) == (400, None)
    assert is_our_page(page, "This link is not valid.")
    assert "evil" not in page.text
    assert lines[-1]["reference"] in page.text
    assert (await alice.get("/me")).status == 200


async def test_person_whose_form_names_a_refused_target_sees_a_page_of_ours(
    broker: RunningBroker, alice: Browser
) -> None:
    headers = {"Origin": broker.url, "Sec-Fetch-Dest": "document"}
    page = await alice.send("POST", "/logout", data={"return_to": REFUSED}, headers=headers)
    assert page.status == 400
    assert is_our_page(page, "This link is not valid.")


async def test_script_reads_json_where_a_person_sees_a_page(alice: Browser) -> None:
    page = await alice.get(LINK, Sec_Fetch_Dest="empty")
    assert (page.status, told(page)) == (400, BAD_REQUEST)
    page = await alice.send("POST", "/logout", data={"return_to": REFUSED}, headers={"Sec-Fetch-Dest": "empty"})
    assert (page.status, told(page)) == (400, BAD_REQUEST)


async def test_program_that_signs_nobody_out_still_reads_json(program: Browser) -> None:
    page = await program.send("POST", "/logout")
    assert (page.status, told(page)) == (401, UNAUTHORIZED)


async def test_person_who_signs_out_while_the_database_is_away_is_told_to_come_back(
    broker: RunningBroker, alice: Browser
) -> None:
    await broker.application.broker.store.close()
    page = await alice.get("/logout")
    assert (page.status, page.headers["Retry-After"]) == (503, "2")
    assert is_our_page(page, "Try again in a minute.")
    assert told(await alice.send("POST", "/logout")) == UNAVAILABLE


async def test_target_is_sent_to_the_browser_byte_for_byte(browser: Browser) -> None:
    """Braces, bars and carets stand in a canonical query as they are; quoted once more, a page would read others."""
    target = "http://localhost:8888/page?filter={a|b}^c`d&x=%7B#part"
    page = await browser.sign_in("alice", redirect_to=target)
    assert page.headers["Location"] == target
    page = await browser.sign_in("alice:cancel", error_redirect_to=target)
    assert page.headers["Location"].startswith("http://localhost:8888/page?filter={a|b}^c`d&x=%7B&error=access_denied&")


@pytest.mark.parametrize("unprintable", ["\x85", "\x9b2J", "\xad", "\u202e"])
async def test_what_a_terminal_would_obey_is_not_kept_of_a_browsers_name(unprintable: str, browser: Browser) -> None:
    browser.headers["User-Agent"] = f"Nice{unprintable} Browser/1.0"
    await browser.sign_in("alice")
    (mine,) = told(await browser.get("/sessions"))
    assert mine["user_agent"].isprintable()
    assert mine["user_agent"].endswith("Browser/1.0")
