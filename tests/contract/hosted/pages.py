"""How these tests ask for the sign-in page, and what they read from it."""

import html
import re
from typing import Final
from urllib.parse import urlencode

from tests.browsers import Browser, Page

APP: Final = "http://localhost:8888/there"
_LINK = re.compile(r'<a class="choice[^"]*" href="([^"]+)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def login_url(**changes: str | None) -> str:
    """The path of the page; `None` leaves a parameter out."""
    given = {"redirect_to": APP, **changes}
    return "/login?" + urlencode({key: value for key, value in given.items() if value is not None})


def choices(page: Page) -> dict[str, str]:
    """The providers on the page as a person reads them, in their order, each with its link."""
    found = _LINK.findall(page.text)
    return {html.unescape(_TAG.sub("", label)).strip(): html.unescape(href) for href, label in found}


async def choose(browser: Browser, page: Page, label: str) -> Page:
    """Press one of them, and go on until the browser is sent to the application or sees a page that says something."""
    return await follow(browser, choices(page)[label])


async def follow(browser: Browser, url: str) -> Page:
    """Go where one is sent, as far as somebody answers."""
    page = await browser.get(url)
    while page.location is not None and not page.location.startswith("http://localhost:8888/"):
        page = await browser.get(page.location)
    return page


def alert(page: Page) -> str:
    """What the page says went wrong; empty where nothing did."""
    found = re.search(r'<div role="alert".*?</div>', page.text, re.DOTALL)
    return "" if found is None else " ".join(html.unescape(_TAG.sub(" ", found[0])).split())
