"""`/thirdparty/start`: a sign-in that a script asked for begins as a page load of ours."""

from pathlib import Path

from broker.clock import FrozenClock
from broker.signin.start import StartSignIn
from broker.web.tickets import TICKET_SECONDS
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.peers.microsoft import MicrosoftPeer

INTENT = StartSignIn(surface="plain", provider="microsoft", unverified_redirect_to="http://localhost:8888/there")


def ticket(broker: RunningBroker, intent: StartSignIn = INTENT) -> str:
    return broker.application.broker.tickets.seal(intent)


async def test_a_ticket_begins_the_sign_in_it_stands_for(broker: RunningBroker, browser: Browser) -> None:
    page = await browser.get(f"/thirdparty/start?ticket={ticket(broker)}")
    assert page.status == 303
    assert page.location is not None
    assert page.location.startswith("http://localhost:")
    assert "/oauth2/v2.0/authorize?" in page.location
    assert any(cookie.startswith("signin-") for cookie in page.set_cookies)


async def test_a_ticket_is_admitted_again_when_it_is_used(broker: RunningBroker, browser: Browser) -> None:
    evil = StartSignIn(surface="plain", provider="microsoft", unverified_redirect_to="https://evil.example/")
    page = await browser.get(f"/thirdparty/start?ticket={ticket(broker, evil)}")
    assert page.location is not None
    assert page.location.startswith("http://localhost:8888/error?error=invalid_request&")
    assert page.set_cookies == ()


async def test_a_ticket_that_was_not_made_here_is_refused(browser: Browser) -> None:
    for unverified in ("", "x", "a.b.c"):
        page = await browser.get(f"/thirdparty/start?ticket={unverified}")
        assert page.query["error"] == "invalid_request"
        assert page.set_cookies == ()


async def test_a_sign_in_cookie_is_no_ticket(browser: Browser) -> None:
    started = await browser.start()
    value = started.set_cookies[0].partition("=")[2].partition(";")[0]
    page = await browser.get(f"/thirdparty/start?ticket={value}")
    assert page.query["error"] == "invalid_request"


async def test_a_ticket_lives_five_minutes(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    clock = FrozenClock()
    async with running_broker(base_dir=tmp_path, emulator=emulator, clock=clock) as broker, broker.browser() as browser:
        old = ticket(broker)
        clock.advance(TICKET_SECONDS + 1)
        page = await browser.get(f"/thirdparty/start?ticket={old}")
        assert page.query["error"] == "sign_in_expired"


async def test_a_ticket_is_for_page_loads_only(broker: RunningBroker, browser: Browser) -> None:
    page = await browser.get(f"/thirdparty/start?ticket={ticket(broker)}", sec_fetch_dest="empty")
    assert page.status == 400
    assert page.set_cookies == ()
