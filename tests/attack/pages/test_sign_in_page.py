"""Who would use our sign-in page against the people on it: by its address, its tickets, its cookies, its names."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from broker.crypto import opaque_token
from broker.signin.start import StartSignIn
from broker.web.page_tickets import Asked, Mishap, for_page, seal
from broker.web.tickets import written
from tests.attack.redirects.test_corpus import CORPUS
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.hosted.pages import APP, alert, choices, choose, follow, login_url
from tests.peers.microsoft import MicrosoftPeer

MICROSOFT = "Continue with Microsoft · emulator"
EVIL = "https://evil.example/"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
INTENT = for_page(
    StartSignIn(surface="plain", provider=None, unverified_redirect_to=APP), screen="sign-in", languages=None
)


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    changes = {
        "service.name": HOSTILE[:100],
        "third_party.providers.microsoft": {"display_name": HOSTILE[:100]},
        "session.delivery": "both",
    }
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


def refused(location: str | None) -> bool:
    """Told at the operator's error URL, and nowhere else."""
    return location is not None and location.startswith("http://localhost:8888/error?error=")


async def test_no_url_of_the_corpus_is_led_to_or_shown(browser: Browser) -> None:
    """What the configured pattern does not admit gets neither page nor redirect, as target and as error target."""
    hostile = [url for rule, _, url, _ in CORPUS if rule != "admitted" and url and len(url) < 3000]
    assert len(hostile) > 100
    for url in hostile:
        try:
            queries = [urlencode({"redirect_to": url}), urlencode({"redirect_to": APP, "error_redirect_to": url})]
        except UnicodeEncodeError:
            continue
        for query in queries:
            page = await browser.get(f"/login?{query}")
            if page.status == 200:
                # A control of another pattern that ours admits, too: it is on our application's origin.
                assert url.startswith("http://localhost:8888/"), url
            else:
                assert refused(page.location), (url, page.status, page.location)


async def test_ticket_of_another_kind_opens_no_page_and_a_pages_ticket_nothing_else(
    broker: RunningBroker, browser: Browser
) -> None:
    inside = broker.application.broker
    of_a_start = inside.tickets.seal(StartSignIn(surface="plain", provider="microsoft", unverified_redirect_to=APP))
    of_a_page = seal(Asked(intent=INTENT), inside)
    for path in (
        f"/login?ticket={of_a_start}",
        f"/login/start?provider=microsoft&ticket={of_a_start}",
        f"/login?ticket={of_a_page[:-2]}",
        f"/login?ticket={of_a_page}x",
        f"/login?ticket={'A' * 9000}",
        "/login/start?provider=microsoft",
        "/login/start?provider=microsoft&ticket=a.b.c",
        f"/thirdparty/start?ticket={of_a_page}",
    ):
        page = await browser.get(path)
        assert refused(page.location), path
        # As not made for this: what is read and found wanting was signed for it.
        assert page.query["error"] == "invalid_request", path
        assert page.set_cookies == ()


async def test_ticket_whose_target_is_not_admitted_any_more_leads_nowhere(
    broker: RunningBroker, browser: Browser
) -> None:
    """Also not by the link back that a failure shows."""
    inside = broker.application.broker
    evil = replace(INTENT, unverified_redirect_to=EVIL, unverified_error_redirect_to=EVIL)
    mishap = Mishap(code="access_denied", reference="1234567890", provider="microsoft")
    page = await browser.get(f"/login?ticket={seal(Asked(intent=evil, mishap=mishap), inside)}")
    assert page.status == 200
    assert "evil.example" not in page.text
    (link,) = choices(page).values()
    assert refused((await browser.get(link)).location)


@pytest.mark.parametrize("change", [{"of_tomorrow": 1}, {"options": {}}, {"page": {"x": 1}}, {"mishap": {"x": 1}}])
async def test_ticket_that_another_version_of_us_made_is_too_old_and_no_mistake(
    broker: RunningBroker, browser: Browser, change: dict[str, object]
) -> None:
    """A page lies open for a day, and we may be replaced meanwhile."""
    inside = broker.application.broker
    content = {**written(INTENT), "made_at": inside.clock.now(), **change}
    ticket = inside.signed.purpose("sign-in-page").dumps(content)
    of_a_start = inside.signed.purpose("ticket").dumps({**written(INTENT), **change})
    paths = [f"/login?ticket={ticket}", f"/login/start?provider=microsoft&ticket={ticket}"]
    for path in paths + ([] if "mishap" in change else [f"/thirdparty/start?ticket={of_a_start}"]):
        assert (await browser.get(path)).query["error"] == "sign_in_expired", path


async def test_link_of_a_stranger_shows_no_failure_that_never_was(browser: Browser) -> None:
    faked = {"error": "account_locked", "error_description": HOSTILE, "error_reference": HOSTILE, "reason": "x"}
    page = await browser.get(login_url(**faked))
    assert page.status == 200
    assert alert(page) == ""
    assert "locked" not in page.text


async def test_names_are_text_and_nothing_of_the_request_is_on_the_page(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint=HOSTILE, ui_locales="en", screen_hint=HOSTILE))
    assert page.status == 200
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "{{7*7}}" in page.text or "49" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


async def test_text_of_the_provider_never_stands_on_the_page(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice"))
    (link,) = choices(page).values()
    state = (await browser.get(link)).query["state"]
    answer = urlencode({"error": "access_denied", "error_description": HOSTILE + EVIL, "state": state})
    back = await follow(browser, f"/thirdparty/callback?{answer}")
    assert alert(back)
    assert "evil.example" not in back.text
    assert "AADSTS" not in back.text


async def test_provider_that_the_page_does_not_show_cannot_be_chosen(broker: RunningBroker, browser: Browser) -> None:
    ticket = seal(Asked(intent=INTENT), broker.application.broker)
    for provider in ("custom_x", "microsoft:00000000-0000-4000-8000-000000000001", "", "MICROSOFT", quote("micro\0")):
        page = await browser.get(f"/login/start?provider={provider}&ticket={ticket}")
        assert refused(page.location), provider


async def test_page_is_for_page_loads_of_a_person_and_uses_nothing_up(browser: Browser) -> None:
    assert (await browser.get(login_url(), Sec_Purpose="prefetch")).status == 204
    for destination in ("iframe", "image", "empty"):
        assert (await browser.get(login_url(), Sec_Fetch_Dest=destination)).status == 400
    page = await browser.get(login_url())
    assert page.set_cookies == ()
    assert (await browser.send("POST", "/login/start")).status == 405


async def test_error_url_that_is_our_own_page_makes_no_circle(broker: RunningBroker, browser: Browser) -> None:
    await broker.reload({"third_party.error_redirect_url": f"{broker.url}/login"})
    url = "/login?ticket=forged"
    for _ in range(3):
        page = await browser.get(url)
        if page.location is None:
            break
        url = page.location
    assert page.status == 400
    assert "This link is not valid." in page.text


@pytest.mark.parametrize(
    "query",
    [
        {"redirect_to": APP, "prompt": "none"},
        {"redirect_to": APP, "code_challenge": "short", "code_challenge_method": "S256"},
        {"redirect_to": APP, "max_age": "-1"},
        {},
    ],
)
async def test_request_that_could_only_fail_gets_no_page(browser: Browser, query: dict[str, str]) -> None:
    assert refused((await browser.get(f"/login?{urlencode(query)}")).location)


async def test_parameter_that_is_given_twice_is_refused(browser: Browser) -> None:
    page = await browser.get(f"/login?redirect_to={quote(APP)}&redirect_to={quote(EVIL)}")
    assert refused(page.location)


async def test_second_try_keeps_the_challenge_of_the_application(browser: Browser) -> None:
    """Or whoever stole the code of the second try could redeem it."""
    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    page = await browser.get(login_url(login_hint="auto:alice:cancel", **challenge))
    (label,) = choices(page)
    back = await choose(browser, page, label)
    (again,) = choices(back).values()
    begun = await browser.get(again)
    there = await follow(browser, re.sub("auto%3Aalice%3Acancel", "auto%3Aalice", begun.location or ""))
    code = there.query["hanko_token"]
    stolen = await browser.send("POST", "/token", json={"value": code})
    assert stolen.status in (400, 422), stolen.text
    verifier = {"value": code, "code_verifier": opaque_token()}
    assert (await browser.send("POST", "/token", json=verifier)).status >= 400
    assert json.loads(stolen.body)["code"] >= 400
