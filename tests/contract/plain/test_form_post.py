"""Answers by `form_post`: a cross-site POST, whose code is in no URL and whose cookie is the only one that comes."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browsers import Browser, Page
from tests.contract.plain.calls import COOKIE, token_of, validated
from tests.forms import Form, answer_by_form
from tests.stage import Stage, cookie_name, parameters_of, staged

MODE = "third_party.providers.microsoft.response_mode"
APP = "http://localhost:8888/"
FROM_MICROSOFT = {"Origin": "https://login.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}


@pytest.fixture
async def form_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A broker behind TLS that asks for answers by form."""
    async with staged(tmp_path, {MODE: "form_post"}, https=True) as one:
        yield one


async def sign_in(browser: Browser, person: str) -> str | None:
    """A whole sign-in; answers where it ends."""
    form = await answer_by_form(browser, person)
    return (await browser.send("POST", form.action, data=form.fields, headers=FROM_MICROSOFT)).location


async def test_start_asks_for_a_form_and_sets_a_cookie_that_comes_along_with_it(form_stage: Stage) -> None:
    page = await form_stage.victim.start()
    assert page.query["response_mode"] == "form_post"
    [cookie] = page.set_cookies
    assert cookie.startswith("__Host-signin-")
    assert cookie.endswith("; HttpOnly; Secure; SameSite=None")


async def test_answer_by_form_signs_in_and_its_code_is_in_no_url(form_stage: Stage) -> None:
    form = await answer_by_form(form_stage.victim, "alice")
    assert form.action == f"{form_stage.broker.url}/thirdparty/callback"
    page = await form_stage.victim.send("POST", form.action, data=form.fields, headers=FROM_MICROSOFT)
    assert (page.status, page.location) == (303, APP)
    [session] = page.set_cookies
    assert session.startswith(f"{COOKIE}=")
    assert session.endswith("; HttpOnly; Secure; SameSite=Lax")


async def test_failure_removes_the_cookie_as_it_was_set(form_stage: Stage) -> None:
    form = await answer_by_form(form_stage.victim, "alice:cancel")
    page = await form_stage.victim.send("POST", form.action, data=form.fields, headers=FROM_MICROSOFT)
    assert page.query["error"] == "access_denied"
    [deleted] = page.set_cookies
    assert deleted.endswith("=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None")


async def test_session_that_the_browser_had_ends_though_its_cookie_did_not_come(form_stage: Stage) -> None:
    """No Lax cookie comes with a cross-site POST: the sign-in's own remembers whom the browser was signed in as."""
    alice, other = form_stage.victim, form_stage.attacker
    await sign_in(alice, "alice")
    before = token_of(alice)
    form = await answer_by_form(alice, "bob")
    own = cookie_name(f"?{urlencode(form.fields)}", prefix="__Host-signin-")
    headers = {**FROM_MICROSOFT, "Cookie": f"{own}={alice.cookie(own)}"}
    page = await other.send("POST", form.action, data=form.fields, headers=headers)
    assert page.location == APP
    assert await validated(other, before) == {"is_valid": False}


async def sent_again(browser: Browser, form: Form, *cookies: str) -> Page:
    """The form from the history, sent without the session's cookie; and the page load that follows, with these."""
    own = cookie_name(f"?{urlencode(form.fields)}", prefix="__Host-signin-")
    bound = f"{own}={browser.cookie(own)}"
    async with Browser(browser.url, reach=browser.reach) as bare:
        page = await bare.send("POST", form.action, data=form.fields, headers={**FROM_MICROSOFT, "Cookie": bound})
        assert (page.status, page.set_cookies) == (303, ())
        assert page.location == f"{browser.url}/thirdparty/returned?state={form.fields['state']}"
        return await bare.get(page.location, Cookie="; ".join((bound, *cookies)))


async def test_form_that_is_sent_again_leads_back_whoever_it_signed_in(form_stage: Stage) -> None:
    form = await answer_by_form(form_stage.victim, "alice")
    await form_stage.victim.send("POST", form.action, data=form.fields, headers=FROM_MICROSOFT)
    page = await sent_again(form_stage.victim, form, f"{COOKIE}={token_of(form_stage.victim)}")
    assert (page.location, page.set_cookies) == (APP, ())


async def test_form_that_is_sent_again_signs_nobody_in(form_stage: Stage) -> None:
    """In a browser with no session, or with that of another sign-in."""
    form = await answer_by_form(form_stage.victim, "alice")
    await form_stage.victim.send("POST", form.action, data=form.fields, headers=FROM_MICROSOFT)
    await sign_in(form_stage.attacker, "mallory")
    for cookies in ((), (f"{COOKIE}={token_of(form_stage.attacker)}",)):
        page = await sent_again(form_stage.victim, form, *cookies)
        assert page.query["error"] == "already_used"
        assert not any(cookie.startswith(f"{COOKIE}=") for cookie in page.set_cookies)


async def test_page_behind_a_repeated_form_is_of_no_use_by_itself(form_stage: Stage) -> None:
    form = await answer_by_form(form_stage.victim, "alice")
    state = urlencode({"state": form.fields["state"]})
    for path in ("/thirdparty/returned", f"/thirdparty/returned?{state}&{state}"):
        assert (await form_stage.victim.get(path)).query["error"] in ("sign_in_expired", "invalid_request")
    assert (await form_stage.attacker.get(f"/thirdparty/returned?{state}")).query["error"] == "sign_in_expired"
    assert (await form_stage.victim.get(f"/thirdparty/returned?{state}")).query["error"] == "already_used"


async def test_reload_to_the_other_mode_fails_no_sign_in_under_way(form_stage: Stage) -> None:
    by_form = await answer_by_form(form_stage.victim, "alice")
    await form_stage.broker.reload({MODE: "query"})
    by_query = await form_stage.attacker.at_callback("bob")
    page = await form_stage.victim.send("POST", by_form.action, data=by_form.fields, headers=FROM_MICROSOFT)
    assert page.location == APP
    await form_stage.broker.reload({MODE: "form_post"})
    assert (await form_stage.attacker.get(by_query)).location == APP
    assert "error" not in parameters_of(await sign_in(form_stage.victim, "carol") or "")
