"""A page with a form, as a browser without script sees it: where it goes, and what it carries."""

import re
from dataclasses import dataclass
from html import unescape

from tests.browsers import Browser, Page


@dataclass(frozen=True, kw_only=True)
class Form:
    """The first form of a page."""

    action: str
    fields: dict[str, str]


def form_of(page: Page) -> Form:
    """The form on this page; one without a name and value for each field is none of ours."""
    opening = re.search(r'<form[^>]* action="([^"]*)"', page.text)
    assert opening is not None, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return Form(action=unescape(opening[1]), fields={name: unescape(value) for name, value in hidden})


async def answer_by_form(browser: Browser, person: str, **parameters: str) -> Form:
    """Sign in at a provider that answers by `form_post`; its form is not yet sent."""
    page = await browser.start(login_hint=f"auto:{person}", **parameters)
    while page.location is not None:
        page = await browser.get(page.location)
    return form_of(page)
