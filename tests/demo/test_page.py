"""The page as it leaves the server: the one link, strict headers, nothing for a foreign host name."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import aiohttp

from tests.demo.fake_broker import FakeBroker


class _Page(HTMLParser):
    """Collects what a strict policy forbids, and where the sign-in link leads."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.sign_in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in values):
            self.inline.append(tag)
        self.inline += [name for name in values if name == "style" or name.startswith("on")]
        if values.get("id") == "sign-in":
            self.sign_in = values.get("href") or ""


async def test_sign_in_is_a_link_to_the_broker_that_leads_back_here(
    broker: FakeBroker, demo: str, http: aiohttp.ClientSession
) -> None:
    page = _Page()
    async with http.get("/") as answer:
        page.feed(await answer.text())
    link = urlsplit(page.sign_in)
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{broker.url}/thirdparty/auth"
    assert parse_qs(link.query) == {"provider": ["microsoft"], "redirect_to": [f"{demo}/"]}


async def test_page_has_no_inline_script_or_style_and_a_policy_that_forbids_them(
    broker: FakeBroker, http: aiohttp.ClientSession
) -> None:
    page = _Page()
    async with http.get("/") as answer:
        page.feed(await answer.text())
        policy = answer.headers["Content-Security-Policy"]
    assert page.inline == []
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert f"connect-src 'self' {broker.url};" in policy
    assert "unsafe" not in policy


async def test_error_in_the_address_is_never_written_into_the_page(http: aiohttp.ClientSession) -> None:
    async with http.get("/", params={"error": "access_denied", "error_description": "<b>marker</b>"}) as answer:
        assert "marker" not in await answer.text()


async def test_every_answer_carries_the_headers(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/static/app.js", "/static/style.css", "/api/whoami", "/nothing"):
        async with http.get(path) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_name_of_a_stranger_that_resolves_to_us_is_refused(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/api/whoami"):
        async with http.get(path, headers={"Host": "rebound.example"}) as answer:
            assert answer.status == 400
