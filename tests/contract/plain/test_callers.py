"""Which pages may call: the rule of origins for what changes something, and CORS for what a page may read."""

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import bearer, token_of, told

LISTED = "http://localhost:8888"
FOREIGN = "https://evil.example"
UNSAFE = [
    ("POST", "/logout"),
    ("POST", "/token"),
    ("POST", "/sessions/validate"),
    ("DELETE", "/sessions/01990000-0000-7000-8000-000000000000"),
]


async def ended(browser: Browser, headers: dict[str, str]) -> Page:
    """A call that changes something: it is 404, or 403 when its caller is refused."""
    return await browser.send("DELETE", "/sessions/01990000-0000-7000-8000-000000000000", headers=headers)


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:8889", "https://localhost:8888", "", "http://"])
async def test_page_that_is_not_listed_may_change_nothing(
    method: str, path: str, origin: str, browser: Browser
) -> None:
    page = await browser.send(method, path, headers={"Origin": origin}, json={})
    assert (page.status, told(page)) == (403, {"code": 403, "message": "Forbidden"})


async def test_own_page_and_listed_page_may(broker: RunningBroker, alice: Browser) -> None:
    for origin in (broker.url, LISTED):
        assert (await ended(alice, {"Origin": origin})).status == 404


async def test_listed_pattern_admits_the_origins_it_means(broker: RunningBroker, alice: Browser) -> None:
    await broker.reload({"server.public.cors": {"allow_origins": ["https://*.example.com"]}})
    for origin, status in {
        "https://app.example.com": 404,
        "https://example.com": 403,
        "https://app.example.com.evil.example": 403,
        "http://app.example.com": 403,
        LISTED: 403,
    }.items():
        assert (await ended(alice, {"Origin": origin})).status == status, origin


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 404), ("none", 404), ("same-site", 403), ("cross-site", 403), ("x", 403)]
)
async def test_without_an_origin_the_browser_says_from_where_it_comes(site: str, status: int, alice: Browser) -> None:
    assert (await ended(alice, {"Sec-Fetch-Site": site})).status == status


async def test_program_that_sends_neither_may(alice: Browser) -> None:
    assert (await ended(alice, {})).status == 404


async def test_listed_origin_counts_whatever_else_the_browser_says(alice: Browser) -> None:
    assert (await ended(alice, {"Origin": LISTED, "Sec-Fetch-Site": "cross-site"})).status == 404
    assert (await ended(alice, {"Origin": FOREIGN, "Sec-Fetch-Site": "same-origin"})).status == 403


async def test_reading_is_not_refused_but_cannot_be_read_by_a_stranger(alice: Browser) -> None:
    page = await alice.send("GET", "/me", headers={"Origin": FOREIGN})
    assert page.status == 200
    assert not [name for name in page.headers if name.startswith("Access-Control-")]
    assert "Origin" in page.headers["Vary"]


async def test_callback_is_exempt_because_a_provider_posts_to_it(browser: Browser) -> None:
    for path in ("/thirdparty/callback", "/thirdparty/callback/microsoft"):
        page = await browser.send("POST", path, headers={"Origin": FOREIGN}, data={"state": "x"})
        assert page.status == 303
    assert (await browser.send("POST", "/thirdparty/callbacks", headers={"Origin": FOREIGN})).status == 403


async def test_listed_page_reads_answers_and_their_headers(alice: Browser) -> None:
    page = await alice.send("GET", "/me", headers={"Origin": LISTED})
    assert page.headers["Access-Control-Allow-Origin"] == LISTED
    assert page.headers["Access-Control-Allow-Credentials"] == "true"
    assert set(page.headers["Access-Control-Expose-Headers"].split(", ")) == {
        *("Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
        *("X-Request-Id", "X-Session-Lifetime", "X-Session-Retention"),
    }
    assert page.headers.getall("Vary") == ["Origin"]  # type: ignore[attr-defined] # aiohttp's multidict


async def test_token_in_a_header_is_exposed_only_where_one_is_sent(broker: RunningBroker, browser: Browser) -> None:
    await broker.reload({"session.enable_auth_token_header": True})
    page = await browser.send("GET", "/me", headers={"Origin": LISTED})
    assert page.headers["Access-Control-Expose-Headers"].endswith(", X-Auth-Token")


@pytest.mark.parametrize("path", ["/me", "/nowhere", "/sessions/validate"])
async def test_listed_page_reads_why_it_was_refused(path: str, browser: Browser) -> None:
    page = await browser.send("POST", path, headers={"Origin": LISTED, "Content-Type": "text/plain"}, data="x")
    assert page.status in (404, 405, 415)
    assert page.headers["Access-Control-Allow-Origin"] == LISTED


@pytest.mark.parametrize("path", ["/logout", "/sessions/x", "/nowhere"])
async def test_preflight_of_a_listed_page_is_answered(path: str, browser: Browser) -> None:
    asked = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "content-type, x-language"}
    page = await browser.send("OPTIONS", path, headers={"Origin": LISTED, **asked})
    assert (page.status, page.body) == (204, b"")
    assert page.headers["Access-Control-Allow-Origin"] == LISTED
    assert page.headers["Access-Control-Allow-Credentials"] == "true"
    assert page.headers["Access-Control-Allow-Methods"] == "GET, HEAD, PUT, PATCH, POST, DELETE"
    assert page.headers["Access-Control-Allow-Headers"] == "content-type, x-language"
    assert page.headers["Access-Control-Max-Age"] == "7200"
    assert "Access-Control-Expose-Headers" not in page.headers
    assert page.headers["Vary"] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


async def test_preflight_of_a_stranger_is_answered_without_permission(browser: Browser) -> None:
    for origin in (FOREIGN, "null"):
        page = await browser.send(
            "OPTIONS", "/logout", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        assert page.status == 204
        assert not [name for name in page.headers if name.startswith("Access-Control-")]


async def test_options_that_is_no_preflight_is_a_method_like_any_other(browser: Browser) -> None:
    page = await browser.send("OPTIONS", "/me")
    assert (page.status, page.headers["Allow"]) == (405, "GET")


async def test_every_page_may_read_the_public_keys(browser: Browser) -> None:
    page = await browser.send("GET", "/.well-known/jwks.json", headers={"Origin": FOREIGN})
    assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in page.headers


async def test_admin_address_speaks_no_cors(broker: RunningBroker, alice: Browser) -> None:
    key = (await broker.application.broker.api_keys.create("key")).key
    for headers in (bearer(key), bearer(token_of(alice)), {}):
        for path in ("/users", "/metrics", "/health/alive"):
            page = await alice.send("GET", f"{broker.admin_url}{path}", headers={"Origin": LISTED, **headers})
            assert (page.status, told(page)["code"]) == (403, 403)
            assert "Access-Control-Allow-Origin" not in page.headers
