"""Who gets no cookie beside the tokens, and how long one that is given lasts."""

from broker.clock import FrozenClock
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import API_KEY, CLIENT_ID
from tests.contract.workos.sessions import OF_THE_PAGE, PKCE, VERIFIER, asked, begun, code_of, renewed, told

DAY, MONTH = 86_400, 30 * 86_400


async def test_who_proves_itself_by_the_secret_gets_no_cookie_whatever_page_it_names(browser: Browser) -> None:
    """Its token is kept where the secret is; a cookie would be a second one, which needs none."""
    grant = {"grant_type": "authorization_code", "code": await code_of(browser, **PKCE), "code_verifier": VERIFIER}
    first = await asked(browser, OF_THE_PAGE, client_secret=API_KEY, **grant)
    second = await renewed(browser, told(first)["refresh_token"], OF_THE_PAGE, client_secret=API_KEY)

    assert (first.set_cookies, second.set_cookies) == ((), ())
    assert told(second)["refresh_token"]


async def test_who_proves_itself_by_the_secret_ends_no_session_by_a_cookie_that_came_along(browser: Browser) -> None:
    """It has no cookie of its own; whose this is, nobody knows."""
    of_a_page = await begun(browser, OF_THE_PAGE)
    grant = {"grant_type": "authorization_code", "code": await code_of(browser, **PKCE), "code_verifier": VERIFIER}
    assert told(await asked(browser, OF_THE_PAGE, client_secret=API_KEY, **grant))

    assert told(await renewed(browser, of_a_page["refresh_token"], OF_THE_PAGE))


async def test_cookie_lasts_as_long_as_its_session_and_renewing_makes_that_no_longer(
    broker_at: tuple[RunningBroker, FrozenClock],
) -> None:
    broker, clock = broker_at
    async with broker.browser() as browser:
        token = (await begun(browser, OF_THE_PAGE))["refresh_token"]
        clock.advance(DAY)
        page = await renewed(browser, token, OF_THE_PAGE)

    (cookie,) = [each for each in page.set_cookies if each.startswith(f"wos-rt-{CLIENT_ID}=")]
    assert f"Max-Age={MONTH - DAY}" in cookie.split("; ")
