"""Signing out at Microsoft, too: the form goes on there and comes back, and ours is complete whatever becomes of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import COOKIE, token_of, validated
from tests.forms import form_of
from tests.peers.microsoft import MicrosoftPeer

LOGOUT = "third_party.providers.microsoft.logout"
APP = "http://localhost:8888"
BACK = f"{APP}/bye?from=here#top"
SIGNED_OUT_APP = "https://goodbye.example.com/"


@pytest.fixture
async def there(tmp_path: Path, emulator: MicrosoftPeer, now: FrozenClock) -> AsyncIterator[RunningBroker]:
    """A broker whose sign-out goes on to Microsoft's."""
    changes = {LOGOUT: {"rp_initiated": True, "redirects": [SIGNED_OUT_APP]}}
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, clock=now) as running:
        yield running


@pytest.fixture
async def leaving(there: RunningBroker) -> AsyncIterator[Browser]:
    """Alice's browser, signed in at that broker."""
    async with there.browser() as browser:
        assert (await browser.sign_in("alice")).status == 303
        yield browser


async def sign_out(browser: Browser, return_to: str | None = BACK) -> Page:
    """Press the button of the page that asks."""
    query = "" if return_to is None else f"?{urlencode({'return_to': return_to})}"
    page = await browser.get(f"/logout{query}")
    form = form_of(page)
    assert form.action == "/logout"
    return await browser.send("POST", "/logout", data=form.fields or {"x": ""}, headers={"Origin": browser.url})


def asked(page: Page) -> dict[str, str]:
    """The parameters that Microsoft is asked with."""
    assert page.location is not None
    return {name: value for name, [value] in parse_qs(urlsplit(page.location).query, strict_parsing=True).items()}


async def test_form_goes_on_to_microsoft_and_ours_has_ended_by_then(
    there: RunningBroker, leaving: Browser, emulator: MicrosoftPeer
) -> None:
    token = token_of(leaving)
    page = await sign_out(leaving)
    assert page.status == 303
    assert (page.location or "").startswith(f"{emulator.base_url}/common/oauth2/v2.0/logout?")
    given = asked(page)
    assert given.keys() == {"client_id", "post_logout_redirect_uri", "state", "logout_hint"}
    assert given["client_id"] == "c11e0000-0000-4000-8000-00000000000c"
    assert given["post_logout_redirect_uri"] == f"{there.url}/logout/return"
    assert [cookie.partition(";")[0] for cookie in page.set_cookies] == [f"{COOKIE}="]
    assert await validated(leaving, token) == {"is_valid": False}


async def test_browser_comes_back_to_where_the_person_wanted_to_be(leaving: Browser) -> None:
    state = asked(await sign_out(leaving))["state"]
    back = await leaving.get(f"/logout/return?{urlencode({'state': state})}")
    assert (back.status, back.location, back.set_cookies) == (303, BACK, ())


async def test_without_a_target_it_ends_on_a_page_of_ours(leaving: Browser) -> None:
    given = asked(await sign_out(leaving, None))
    assert "state" not in given
    assert "You are signed out" in (await leaving.get("/logout/return")).text


async def test_target_too_long_for_microsoft_is_left_out(leaving: Browser) -> None:
    from secrets import token_urlsafe

    assert "state" not in asked(await sign_out(leaving, f"{APP}/{token_urlsafe(1400)}"))


async def test_account_without_a_hint_signs_out_as_well(there: RunningBroker, emulator: MicrosoftPeer) -> None:
    await emulator.claims(remove=["login_hint"])
    async with there.browser() as browser:
        await browser.sign_in("alice")
        assert "logout_hint" not in asked(await sign_out(browser))


async def test_page_says_so_and_lets_its_form_pass_by_every_place(leaving: Browser, emulator: MicrosoftPeer) -> None:
    page = await leaving.get(f"/logout?{urlencode({'return_to': BACK})}")
    assert "that also signs you out of Microsoft." in page.text
    assert f"form-action 'self' {emulator.base_url} {APP}" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("how", [{"status": 503}, {"body": "nonsense"}])
async def test_microsoft_out_of_reach_keeps_nobody_signed_in(
    there: RunningBroker, emulator: MicrosoftPeer, leaving: Browser, now: FrozenClock, how: dict[str, Any]
) -> None:
    """A day after anything was last heard of it."""
    token = token_of(leaving)
    await there.reload({"session.lifespan": "30d"})
    now.advance(11 * 3600)
    await there.reload({f"{LOGOUT}.frontchannel": False})  # another provider, with nothing cached
    await emulator.fault("discovery", times=20, **how)
    page = await sign_out(leaving)
    assert (page.status, page.location) == (303, BACK)
    assert await validated(leaving, token) == {"is_valid": False}


async def test_program_signs_out_here_alone(leaving: Browser) -> None:
    page = await leaving.send("POST", "/logout")
    assert (page.status, page.location) == (204, None)


async def test_a_list_of_its_own_says_where_a_sign_out_may_end_and_no_sign_in_may(
    there: RunningBroker, leaving: Browser
) -> None:
    started = await leaving.start(redirect_to=SIGNED_OUT_APP)
    assert started.query["error"] == "invalid_request"
    state = asked(await sign_out(leaving, SIGNED_OUT_APP))["state"]
    assert (await leaving.get(f"/logout/return?{urlencode({'state': state})}")).location == SIGNED_OUT_APP


async def test_target_that_was_withdrawn_meanwhile_is_not_served(there: RunningBroker, leaving: Browser) -> None:
    state = asked(await sign_out(leaving, SIGNED_OUT_APP))["state"]
    await there.reload({f"{LOGOUT}.redirects": []})
    page = await leaving.get(f"/logout/return?{urlencode({'state': state})}")
    assert (page.status, page.location) == (200, None)
    assert "You are signed out" in page.text


async def test_state_is_good_for_ten_minutes(leaving: Browser, now: FrozenClock) -> None:
    url = f"/logout/return?{urlencode({'state': asked(await sign_out(leaving))['state']})}"
    now.advance(600)
    assert (await leaving.get(url)).location == BACK
    now.advance(1)
    assert (await leaving.get(url)).location is None


async def test_where_it_is_not_wanted_nothing_is_said_of_it(alice: Browser) -> None:
    page = await alice.get("/logout")
    assert "Microsoft." not in page.text
    assert (await sign_out(alice)).location == BACK
