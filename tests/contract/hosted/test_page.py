"""The sign-in page: who is shown, where a choice leads, and that a failure comes back to it."""

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hosted.pages import APP, alert, choices, choose, follow, login_url

MICROSOFT = "Continue with Microsoft · emulator"


async def test_page_shows_who_asks_and_every_provider_a_stand_in_by_its_name(browser: Browser) -> None:
    page = await browser.get(login_url())
    assert page.status == 200
    assert list(choices(page)) == [MICROSOFT]
    assert "Identity Broker" in page.text
    assert alert(page) == ""


async def test_choice_signs_in_and_ends_where_the_request_said(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice"))
    there = await choose(browser, page, MICROSOFT)
    assert there.location == APP
    assert any(cookie.startswith("hanko=") for cookie in there.set_cookies)


async def test_cancelled_sign_in_comes_back_to_the_page_with_its_sentence_and_another_try(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice:cancel"))
    back = await choose(browser, page, MICROSOFT)
    assert back.status == 200
    assert back.url.startswith(browser.url + "/login?ticket=")
    assert alert(back).startswith("Sign-in did not work Sign-in was cancelled. Reference: ")
    assert list(choices(back)) == ["Try again with Microsoft · emulator"]
    assert browser.cookie_names() == set()


async def test_application_that_wants_its_errors_is_one_link_away_from_the_failure(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice:cancel", error_redirect_to="http://localhost:8888/e"))
    back = await choose(browser, page, MICROSOFT)
    assert 'href="http://localhost:8888/e?error=access_denied&amp;error_description=' in back.text


async def test_refused_account_is_not_taken_again_but_another_is_asked_for(
    broker: RunningBroker, browser: Browser
) -> None:
    await broker.reload({"account": {"allow_signup": False}})
    page = await browser.get(login_url(login_hint="auto:alice"))
    back = await choose(browser, page, MICROSOFT)
    assert "New accounts are not accepted here." in alert(back)
    (again,) = choices(back).values()
    page = await browser.get(again)
    assert page.query["prompt"] == "select_account"
    assert "login_hint" not in page.query


async def test_page_that_lay_open_for_hours_still_works(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice"))
    browser.drop_cookies()
    assert (await choose(browser, page, MICROSOFT)).location == APP


@pytest.mark.parametrize("screen", ["sign-up", "sign-in"])
async def test_screen_greets_those_who_are_new_otherwise(browser: Browser, screen: str) -> None:
    page = await browser.get(login_url(screen_hint=screen))
    title = {"sign-up": "Create your account", "sign-in": "Sign in"}[screen]
    assert f"<h1>{title}</h1>" in page.text


async def test_what_the_request_asks_of_the_provider_goes_with_the_choice(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="carol@alder.example", prompt="login", domain_hint="alder.example"))
    (link,) = choices(page).values()
    sent = (await browser.get(link)).query
    assert sent["login_hint"] == "carol@alder.example"
    assert sent["prompt"] == "login"
    assert sent["domain_hint"] == "alder.example"


async def test_link_of_a_chosen_provider_can_be_followed_twice(browser: Browser) -> None:
    (link,) = choices(await browser.get(login_url(login_hint="auto:alice"))).values()
    assert (await follow(browser, link)).location == APP
    assert (await follow(browser, link)).location == APP


async def test_provider_that_cannot_be_asked_is_told_on_the_page_where_the_others_are(
    broker: RunningBroker, browser: Browser
) -> None:
    away = {"enabled": True, "display_name": "Away", "client_id": "x", "secret": "x", "issuer": "http://localhost:9"}
    await broker.reload({"third_party.custom_providers": {"away": {**away, "use_discovery": True}}})
    page = await browser.get(login_url())
    back = await choose(browser, page, "Continue with Away")
    assert back.url.startswith(browser.url + "/login?ticket=")
    assert "Sign-in is not available at the moment." in alert(back)
    assert list(choices(back)) == [MICROSOFT, "Try again with Away"]


async def test_nobody_is_greeted_as_new_where_new_accounts_are_not_accepted(
    broker: RunningBroker, browser: Browser
) -> None:
    await broker.reload({"account": {"allow_signup": False}})
    assert "<h1>Sign in</h1>" in (await browser.get(login_url(screen_hint="sign-up"))).text


async def test_link_back_leads_where_the_operator_wants_failures_told(broker: RunningBroker, browser: Browser) -> None:
    for errors_to, place in (("error_redirect_url", "http://localhost:8888/error"), ("redirect_to", APP)):
        await broker.reload({"third_party.errors_to": errors_to})
        back = await choose(browser, await browser.get(login_url(login_hint="auto:alice:cancel")), MICROSOFT)
        assert f'href="{place}?error=access_denied&amp;' in back.text


async def test_page_without_any_provider_says_so(broker: RunningBroker, browser: Browser) -> None:
    await broker.reload({"third_party.providers": {"microsoft": {"enabled": False}}})
    page = await browser.get(login_url())
    assert page.status == 200
    assert "No way to sign in is set up here." in page.text


async def test_how_long_ago_somebody_signed_in_counts_for_a_sign_in_on_the_page(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice", max_age="0"))
    (link,) = choices(page).values()
    assert (await browser.get(link)).query["max_age"] == "0"
