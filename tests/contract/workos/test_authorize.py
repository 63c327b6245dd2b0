"""Where an application sends the browser, and what comes back to it: its state in any case, a code or an error."""

from typing import Any
from urllib.parse import urlencode

import pytest

from broker.web.workos import ids
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import CLIENT_ID, REDIRECT_URI, authorize_url, signed_in
from tests.peers.microsoft import MicrosoftPeer

SOME_CONNECTION = ids.spelled("conn", "01a21363-1657-749a-bf72-be3035ec4c2b")
SOME_ORGANIZATION = ids.spelled("org", "01a21363-1657-749a-bf72-be3035ec4c2b")
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("interface", ["sso", "user_management"])
async def test_sign_in_ends_at_the_registered_url_with_code_and_state(browser: Browser, interface: str) -> None:
    page = await signed_in(browser, authorize_url(interface, state='{"a": "b c"}'))

    assert page.status == 302
    assert page.location is not None
    assert page.location.startswith(REDIRECT_URI + "?code=")
    assert page.query["state"] == '{"a": "b c"}'


@pytest.mark.parametrize("interface", ["sso", "user_management"])
async def test_start_answers_302_with_a_request_id(browser: Browser, interface: str) -> None:
    page = await browser.get(authorize_url(interface))

    assert page.status == 302
    assert page.headers["X-Request-ID"].startswith("req_")


async def test_cancelled_sign_in_is_told_to_the_application(browser: Browser) -> None:
    page = await signed_in(browser, authorize_url(login_hint="auto:alice:cancel"))

    assert page.query["error"] == "access_denied"
    assert page.query["state"] == "its own state"
    assert "code" not in page.query


@pytest.mark.parametrize(
    ("endpoint", "fault"), [("authorize", {"error": "server_error"}), ("token", {"status": 503, "times": 9})]
)
async def test_provider_that_is_away_is_told_as_no_failure_of_ours(
    browser: Browser, emulator: MicrosoftPeer, endpoint: str, fault: dict[str, Any]
) -> None:
    await emulator.fault(endpoint, **fault)
    page = await signed_in(browser, authorize_url("sso"))

    assert (page.query["error"], page.query["state"]) == ("oauth_failed", "its own state")


async def test_database_of_ours_that_is_away_is_told_as_a_failure_of_ours(
    broker: RunningBroker, browser: Browser
) -> None:
    page = await browser.get(authorize_url())
    while page.location is not None and not page.location.startswith(browser.url):
        page = await browser.get(page.location)
    await broker.application.broker.store.close()
    page = await browser.get(page.location or "")

    assert (page.query["error"], page.query["state"]) == ("server_error", "its own state")


@pytest.mark.parametrize("selector", [{"organization": SOME_ORGANIZATION}, {"connection": SOME_CONNECTION}])
async def test_database_that_is_away_before_the_provider_is_asked_is_told_to_the_application(
    broker: RunningBroker, browser: Browser, selector: dict[str, str]
) -> None:
    await broker.application.broker.store.close()
    page = await browser.get(authorize_url("sso", **{"provider": None, **selector}))

    assert (page.query["error"], page.query["state"]) == ("server_error", "its own state")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"provider": None}, "invalid_connection_selector"),
        ({"connection_id": "conn_01"}, "invalid_connection_selector"),
        ({"provider": "NobodyOAuth"}, "connection_strategy_invalid"),
        ({"provider": "GoogleOAuth"}, "connection_invalid"),
        ({"provider": None, "connection_id": "conn_01"}, "connection_invalid"),
        ({"provider": None, "organization_id": "org_01"}, "organization_invalid"),
        ({"domain": "alder.example"}, "domain_connection_selector_not_allowed"),
        ({"code_challenge_method": "S256"}, "code_challenge_missing"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"state": "s" * 1501}, "invalid_request"),
        ({"provider_scopes": "['Mail.Read'"}, "invalid_request"),
        ({"provider_scopes": "Mail.Read"}, "invalid_request"),
        ({"provider_query_params": "__import__('os')"}, "invalid_request"),
        ({"provider": "authkit", "max_age": "a week"}, "invalid_request"),
    ],
)
async def test_faulty_request_is_told_to_the_application(
    browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    page = await browser.get(authorize_url("user_management", **changes))

    assert page.status == 302
    assert page.location is not None
    assert page.location.startswith(REDIRECT_URI + "?")
    assert page.query["error"] == error
    assert page.query["error_description"]
    assert page.query["state"] == changes.get("state", "its own state")
    assert "code" not in page.query


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "client_01NOBODY"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": REDIRECT_URI + "/further"},
        {"redirect_uri": REDIRECT_URI + "?with=query"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
async def test_nobody_is_sent_to_what_is_not_registered(browser: Browser, changes: dict[str, str | None]) -> None:
    page = await browser.get(authorize_url("user_management", **changes))

    assert (page.status, page.location) == (400, None)
    assert "text/html" in page.headers["Content-Type"]


async def test_default_redirect_uri_counts_where_none_is_sent(browser: Browser) -> None:
    page = await signed_in(browser, authorize_url(redirect_uri=None))

    assert page.location is not None
    assert page.location.startswith(REDIRECT_URI + "?code=")


async def test_repeated_parameter_is_refused(browser: Browser) -> None:
    twice = urlencode({"client_id": CLIENT_ID, "redirect_uri": "https://evil.example/"})
    page = await browser.get(authorize_url() + "&" + twice)

    assert (page.status, page.location) == (400, None)


@pytest.mark.parametrize("name", ["login_hint", "prompt", "provider", "response_type"])
async def test_what_is_there_twice_is_told_to_the_application_once_it_is_known(browser: Browser, name: str) -> None:
    page = await browser.get(authorize_url(prompt="login") + f"&{name}=another")

    assert (page.status, page.query["error"]) == (302, "invalid_request")
    assert page.query["error_description"] == f"{name} is given more than once"
    assert page.query["state"] == "its own state"


async def test_of_two_states_none_is_told(browser: Browser) -> None:
    page = await browser.get(authorize_url() + "&state=another")

    assert page.query.keys() == {"error", "error_description"}


async def test_longer_max_age_than_a_day_counts_as_a_day(browser: Browser) -> None:
    page = await browser.get(authorize_url(provider="authkit", max_age="604800"))

    assert (page.status, page.query["max_age"]) == (302, "86400")


async def test_no_frame_begins_a_sign_in(browser: Browser) -> None:
    page = await browser.get(authorize_url(), Sec_Fetch_Dest="iframe")

    assert (page.status, page.location) == (422, None)


async def test_who_asks_only_who_is_there_names_a_provider_for_no_page_of_ours_is_shown(browser: Browser) -> None:
    """A code without a connection would be nobody's profile."""
    page = await browser.get(authorize_url("sso", provider="authkit"))
    assert page.location is not None
    assert page.location.startswith(REDIRECT_URI)
    assert page.query["error"] == "connection_strategy_invalid"
