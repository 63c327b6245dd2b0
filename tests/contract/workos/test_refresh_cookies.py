"""How a page keeps its session: a refresh token that no script reads, and a hint on its own host that it is there."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.requests import Request

from broker.models.applications import Application
from broker.store import audit
from broker.store.users import insert_email, profile
from broker.web.workos import ids
from broker.web.workos.cookies import carried
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.workos.applications import (
    CLIENT_ID,
    ORIGIN,
    OTHER_CLIENT_ID,
    application,
    other_application,
    served,
)
from tests.contract.workos.sessions import (
    OF_THE_PAGE,
    PATH,
    VERIFIER,
    asked,
    begun,
    claims_of,
    error_of,
    renewed,
    told,
)
from tests.peers.microsoft import MicrosoftPeer
from tests.sessions.stage import an_origin
from tests.store.rows import an_email, stored_identity

REFRESH, HINT = f"wos-rt-{CLIENT_ID}", "workos-has-session"
ELSEWHERE = "http://localhost:9999"
LASTING = 30 * 86_400


def attributes(page: Page, name: str) -> set[str]:
    """What a cookie of this answer says beside its value."""
    (found,) = [each for each in page.set_cookies if each.startswith(f"{name}=")]
    return set(found.split("; ")[1:])


def value(page: Page, name: str) -> str:
    (found,) = [each for each in page.set_cookies if each.startswith(f"{name}=")]
    return found.split(";")[0].removeprefix(f"{name}=")


async def test_page_gets_its_token_in_the_body_and_in_a_cookie_that_no_script_reads(browser: Browser) -> None:
    page = await renewed(browser, (await begun(browser, OF_THE_PAGE))["refresh_token"], OF_THE_PAGE)

    assert value(page, REFRESH) == told(page)["refresh_token"]
    kept = {each for each in attributes(page, REFRESH) if not each.startswith("Max-Age=")}
    assert kept == {"Path=/user_management", "HttpOnly", "SameSite=Lax"}
    assert value(page, HINT) == CLIENT_ID
    assert attributes(page, HINT) == {"Path=/", f"Max-Age={LASTING}", "SameSite=Lax"}


async def test_page_renews_by_its_cookie_alone_each_time_with_the_next(browser: Browser) -> None:
    first = await begun(browser, OF_THE_PAGE)
    second = told(await renewed(browser, None, OF_THE_PAGE))
    third = told(await renewed(browser, None, OF_THE_PAGE))

    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert {each["user"]["id"] for each in (first, second, third)} == {first["user"]["id"]}


async def test_page_that_signs_somebody_in_anew_ends_the_session_that_its_browser_had(
    broker: RunningBroker, browser: Browser
) -> None:
    """The new cookie takes the old one's place: whoever copied that one would renew for weeks, and no owner would ever
    bring it again."""
    async with broker.browser() as elsewhere:
        other = await begun(elsewhere, OF_THE_PAGE)
        first = await begun(browser, OF_THE_PAGE)
        second = await begun(browser, OF_THE_PAGE)

        assert error_of(await renewed(browser, first["refresh_token"], OF_THE_PAGE)) == (400, "invalid_grant")
        assert told(await renewed(browser, second["refresh_token"], OF_THE_PAGE))
        assert told(await renewed(elsewhere, other["refresh_token"], OF_THE_PAGE))
    async with broker.application.broker.store.read() as connection:
        (end,) = [each for each in await audit.entries(connection) if each.type == "session.ended"]
    assert (end.session_id, end.detail["reason"]) == (ids.read("session", claims_of(first)["sid"]), "replaced")


async def test_sign_in_ends_nothing_but_what_the_page_itself_had(broker: RunningBroker, browser: Browser) -> None:
    by_secret = (await begun(browser))["refresh_token"]
    async with broker.browser() as elsewhere:
        page = await begun(elsewhere, OF_THE_PAGE)
        for headers in (
            {"Cookie": f"{REFRESH}={by_secret}"},  # no Origin: a program, which no browser's rules bind
            {"Cookie": f"{REFRESH}={page['refresh_token']}"},
            {"Cookie": f"wos-rt-{OTHER_CLIENT_ID}={page['refresh_token']}", **OF_THE_PAGE},
            {"Cookie": f"{REFRESH}={by_secret}", **OF_THE_PAGE},
            {"Cookie": f"{REFRESH}={'x' * 43}", **OF_THE_PAGE},
        ):
            async with broker.browser() as another:
                await begun(another, headers, start={"login_hint": "auto:heidi"})
        used = {"grant_type": "authorization_code", "code": "x" * 43, "code_verifier": VERIFIER}
        assert (await asked(elsewhere, OF_THE_PAGE, **used)).status == 400

        assert told(await renewed(browser, by_secret))
        assert told(await renewed(elsewhere, page["refresh_token"], OF_THE_PAGE))


async def test_program_gets_no_cookies(browser: Browser) -> None:
    answer = await begun(browser)
    assert (await renewed(browser, answer["refresh_token"])).set_cookies == ()
    answer = await begun(browser, OF_THE_PAGE)
    assert (await renewed(browser, answer["refresh_token"], {})).set_cookies == ()
    answer = await begun(browser)
    assert (await renewed(browser, answer["refresh_token"], OF_THE_PAGE, client_secret=None)).set_cookies == ()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Sec-Fetch-Site": "same-origin"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": ELSEWHERE}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": ORIGIN + ".evil.example"}, 403),
        ({"Origin": ORIGIN.upper()}, 403),
    ],
)
async def test_cookie_counts_only_with_an_origin_that_the_application_registered(
    browser: Browser, headers: Mapping[str, str], status: int
) -> None:
    await begun(browser, OF_THE_PAGE)

    page = await renewed(browser, None, headers)
    assert (page.status, page.set_cookies) == (status, ())
    assert "Access-Control-Allow-Origin" not in page.headers
    assert told(await renewed(browser, None, OF_THE_PAGE))


async def test_cookie_does_not_come_with_a_form_that_another_site_sends(browser: Browser) -> None:
    await begun(browser, OF_THE_PAGE)
    body = {"grant_type": "refresh_token", "client_id": CLIENT_ID}

    page = await browser.send("POST", PATH, data=body, headers={"Origin": "https://evil.example"})
    assert page.status == 403
    page = await browser.send("POST", PATH, data=body, headers={})
    assert error_of(page) == (400, "invalid_request")


async def test_token_in_the_body_goes_before_the_one_in_the_cookie(browser: Browser) -> None:
    of_body = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    browser.drop_cookies()
    of_cookie = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    in_body = told(await renewed(browser, of_body, {**OF_THE_PAGE, "Cookie": f"{REFRESH}={of_cookie}"}))

    assert told(await renewed(browser, of_body, {}))["refresh_token"] == in_body["refresh_token"]
    assert error_of(await renewed(browser, "x" * 43, OF_THE_PAGE)) == (400, "invalid_grant")
    assert told(await renewed(browser, of_cookie, {}))


async def test_two_cookies_of_which_one_was_planted_count_for_nothing_and_end_nothing(
    broker: RunningBroker, browser: Browser
) -> None:
    mine = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    browser.drop_cookies()
    planted = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    async with broker.browser() as victim:
        both = {**OF_THE_PAGE, "Cookie": f"{REFRESH}={planted}; {REFRESH}={mine}"}
        assert error_of(await renewed(victim, None, both)) == (400, "invalid_grant")
        twice = {**OF_THE_PAGE, "Cookie": f"{REFRESH}={mine}; {REFRESH}={mine}"}
        assert told(await renewed(victim, None, twice))
    assert told(await renewed(browser, planted, {}))


async def test_cookie_of_another_application_is_not_looked_at(browser: Browser) -> None:
    token = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    headers = {**OF_THE_PAGE, "Cookie": f"wos-rt-{OTHER_CLIENT_ID}={token}"}
    browser.drop_cookies()

    assert error_of(await renewed(browser, None, headers)) == (400, "invalid_request")
    assert error_of(await renewed(browser, None, headers, client_id=OTHER_CLIENT_ID)) == (400, "invalid_grant")


def test_of_a_multitude_of_cookies_only_the_first_are_looked_at() -> None:
    """Each costs a look into the database."""
    one = Application(name="Tests", client_id=CLIENT_ID)
    many = "; ".join(f"{REFRESH}={number}" for number in range(300))
    request = Request({"type": "http", "headers": [(b"cookie", many.encode())]})

    assert carried(request, one) == {"0", "1", "2"}


@pytest.mark.parametrize(
    ("hinted", "listed"),
    [
        ("1", [CLIENT_ID]),
        (OTHER_CLIENT_ID, [OTHER_CLIENT_ID, CLIENT_ID]),
        (f"{OTHER_CLIENT_ID}.{CLIENT_ID}.{CLIENT_ID}", [OTHER_CLIENT_ID, CLIENT_ID]),
        ("client_01GONE.<script>.." + "x" * 3000, [CLIENT_ID]),
    ],
)
async def test_hint_lists_each_application_that_there_is_once(browser: Browser, hinted: str, listed: list[str]) -> None:
    token = (await begun(browser, OF_THE_PAGE))["refresh_token"]
    browser.drop_cookies()
    page = await renewed(browser, token, {**OF_THE_PAGE, "Cookie": f"{HINT}={hinted}"})

    assert value(page, HINT).split(".") == listed


async def test_preflight_is_answered_to_registered_origins_alone(browser: Browser) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    page = await browser.send("OPTIONS", PATH, headers={"Origin": ORIGIN, **asked})

    assert page.status == 204
    assert page.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert page.headers["Access-Control-Allow-Credentials"] == "true"
    assert "POST" in page.headers["Access-Control-Allow-Methods"]
    assert page.headers["Access-Control-Allow-Headers"] == "content-type"
    page = await browser.send("OPTIONS", PATH, headers={"Origin": "https://evil.example", **asked})
    assert [name for name in page.headers if name.startswith("Access-Control-Allow")] == []


async def test_page_may_read_errors_too_and_when_to_come_back(browser: Browser) -> None:
    for page in (await renewed(browser, "x", OF_THE_PAGE), await renewed(browser, "x", OF_THE_PAGE, grant_type="")):
        assert page.status == 400
        assert page.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert page.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in page.headers["Vary"]
        exposed = page.headers["Access-Control-Expose-Headers"].lower()
        assert {"x-request-id", "retry-after"} <= set(exposed.split(", "))


async def test_page_of_another_application_is_told_nothing(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = served(application(), other_application(allowed_origins=[ELSEWHERE]))
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as broker,
        broker.browser() as browser,
    ):
        token = (await begun(browser, OF_THE_PAGE))["refresh_token"]
        for body in (token, None):
            page = await renewed(browser, body, {"Origin": ELSEWHERE, "Sec-Fetch-Site": "same-site"})
            assert (page.status, page.set_cookies) == (403, ())
            assert "Access-Control-Allow-Origin" not in page.headers
        assert told(await renewed(browser, token, OF_THE_PAGE))


@pytest.mark.parametrize(
    ("site", "domain", "expected", "hint"),
    [
        ("same-site", "example.com", "SameSite=Lax", {"Domain=example.com"}),
        ("cross-site", "example.com", "SameSite=None", {"Domain=example.com"}),
        ("same-site", "login.example.com", "SameSite=Lax", {"Domain=login.example.com"}),
        ("same-site", "ogin.example.com", "SameSite=Lax", set()),
        ("same-site", None, "SameSite=Lax", set()),
    ],
)
async def test_behind_https_cookies_are_secure_and_the_hint_is_for_the_applications_domain(
    tmp_path: Path, site: str, domain: str | None, expected: str, hint: set[str]
) -> None:
    changes = {
        **served(application(allowed_origins=["https://app.example.com"], cookie_domain=domain)),
        "third_party": {"providers": {"microsoft": {"enabled": False}}},
        "server.public.cors": {"allow_origins": []},
    }
    async with running_broker(base_dir=tmp_path, changes=changes, public_url="https://login.example.com") as broker:
        token = await session_of_somebody(broker)
        headers = {"Origin": "https://app.example.com", "Sec-Fetch-Site": site}
        async with broker.browser() as browser:
            page = await renewed(browser, token, headers)
    assert {"Secure", "HttpOnly", "Path=/user_management", expected} < attributes(page, REFRESH)
    assert not [each for each in attributes(page, REFRESH) if each.startswith("Domain=")]
    assert {each for each in attributes(page, HINT) if each.startswith("Domain=")} == hint
    assert {"Secure", "Path=/", "SameSite=Lax"} < attributes(page, HINT)


async def session_of_somebody(broker: RunningBroker) -> str:
    """A refresh token of a session that no sign-in made: no emulator signs anybody in to a public broker."""
    internals = broker.application.broker
    identity = await stored_identity(internals.store)
    async with internals.store.transaction() as c:
        await insert_email(c, an_email(identity.user_id))
        person = await profile(c, identity.user_id)
        assert person is not None
        session = await internals.sessions.issue(c, person, an_origin(person, client_id=CLIENT_ID))
        return await internals.refresh_tokens.begin(c, session, client_id=CLIENT_ID, confidential=False)
