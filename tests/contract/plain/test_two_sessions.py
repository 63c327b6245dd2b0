"""A sibling host tosses a session cookie in: neither counts, it is an alarm, and the person can get rid of it."""

from tests.brokers import RunningBroker
from tests.browsers import Browser


async def _planted(broker: RunningBroker, victim: Browser) -> tuple[dict[str, str], dict[str, str]]:
    """The header of a victim's browser into which somebody planted a session, and that of the planter alone."""
    await victim.sign_in("alice")
    async with broker.browser() as planter:
        await planter.sign_in("mallory")
        mine, planted = victim.cookie("hanko"), planter.cookie("hanko")
    victim.drop_cookies()
    return {"Cookie": f"hanko={planted}; hanko={mine}"}, {"Cookie": f"hanko={planted}"}


def _alarms(broker: RunningBroker) -> float:
    value = broker.application.broker.metrics.registry.get_sample_value(
        "broker_security_events_total", {"kind": "two_sessions"}
    )
    return value or 0.0


async def test_signing_out_ends_every_session_that_the_browser_carried(broker: RunningBroker, browser: Browser) -> None:
    both, planted = await _planted(broker, browser)
    assert (await browser.send("GET", "/me", headers=both)).status == 401
    page = await browser.send("GET", "/logout", headers=both)
    assert "Sign out" in page.text
    answer = await browser.send("POST", "/logout", headers=both)
    assert answer.status == 204
    assert any(cookie.startswith("hanko=;") for cookie in answer.set_cookies)
    for left in (both, planted):
        assert (await browser.send("GET", "/me", headers=left)).status == 401


async def test_a_sign_in_ends_both_and_is_an_alarm(broker: RunningBroker, browser: Browser) -> None:
    both, planted = await _planted(broker, browser)
    callback = await browser.at_callback("alice")
    cookies = "; ".join(f"{name}={browser.cookie(name)}" for name in browser.cookie_names() if "signin" in name)
    browser.drop_cookies()
    answer = await browser.send("GET", callback, headers={"Cookie": f"{both['Cookie']}; {cookies}"})
    assert answer.location == "http://localhost:8888/"
    assert _alarms(broker) == 1
    assert (await browser.send("GET", "/me")).status == 200
    browser.drop_cookies()
    assert (await browser.send("GET", "/me", headers=planted)).status == 401


async def test_a_stale_callback_beside_a_planted_session_is_refused_with_an_alarm(
    broker: RunningBroker, browser: Browser
) -> None:
    callback = await browser.at_callback("alice")
    cookies = "; ".join(f"{name}={browser.cookie(name)}" for name in browser.cookie_names())
    await browser.get(callback)
    mine = browser.cookie("hanko")
    browser.drop_cookies()
    async with broker.browser() as planter:
        await planter.sign_in("mallory")
        planted = planter.cookie("hanko")
    sent = {"Cookie": f"hanko={mine}; hanko={planted}; {cookies}"}
    page = await browser.send("GET", callback, headers=sent)
    assert page.query["error"] == "already_used"
    assert _alarms(broker) == 1


async def test_copies_of_one_planted_cookie_do_not_hide_that_there_are_two_sessions(
    broker: RunningBroker, browser: Browser
) -> None:
    both, planted = await _planted(broker, browser)
    copies = "; ".join([planted["Cookie"]] * 30 + [both["Cookie"]])
    assert (await browser.send("GET", "/me", headers={"Cookie": copies})).status == 401
    assert _alarms(broker) == 1


async def test_more_session_cookies_than_any_browser_has_count_for_nothing(
    broker: RunningBroker, browser: Browser
) -> None:
    await browser.sign_in("alice")
    mine = browser.cookie("hanko")
    browser.drop_cookies()
    many = "; ".join([f"hanko={mine}", *(f"hanko=x{number}" for number in range(40))])
    assert (await browser.send("GET", "/me", headers={"Cookie": many})).status == 401
    assert _alarms(broker) == 1
