"""Who came back too late on our page or for an application is told so there: the cookie says where that is, no more."""

from broker.clock import FrozenClock
from broker.crypto import opaque_token
from broker.models.signins import AuthorizationOptions, ChosenOnPage
from broker.web.cookies import LATE_SECONDS, SIGN_IN_SECONDS
from tests.unit.web.test_cookies import a_sign_in, jar, pair


def test_cookie_of_who_is_told_late_is_kept_longer_and_still_signs_nobody_in() -> None:
    clock = FrozenClock()
    cookies = jar(clock=clock)
    sign_in = a_sign_in(page=ChosenOnPage(languages="de", options=AuthorizationOptions(scopes=("a",))))
    cookie = cookies.seal(sign_in)
    assert cookie.max_age == LATE_SECONDS
    assert cookies.read([pair(cookie)], sign_in.state) == sign_in
    clock.advance(SIGN_IN_SECONDS + 1)
    assert cookies.read([pair(cookie)], sign_in.state) == "expired"
    assert cookies.late([pair(cookie)], sign_in.state) == sign_in
    assert cookies.late([pair(cookie)], opaque_token()) is None
    assert cookies.late([(cookie.name, cookie.value + "x")], sign_in.state) is None
    clock.advance(LATE_SECONDS - SIGN_IN_SECONDS)
    assert cookies.late([pair(cookie)], sign_in.state) is None


def test_cookie_of_any_other_sign_in_says_nothing_once_it_is_too_old() -> None:
    clock = FrozenClock()
    cookies = jar(clock=clock)
    sign_in = a_sign_in()
    cookie = cookies.seal(sign_in)
    clock.advance(SIGN_IN_SECONDS + 1)
    assert cookies.late([pair(cookie)], sign_in.state) is None


def test_cookie_of_another_state_is_not_told_late() -> None:
    """Whoever plants the cookie of their own sign-in under another's name must not choose where that one is told."""
    cookies = jar()
    planted, victims = cookies.seal(a_sign_in(page=ChosenOnPage())), a_sign_in()
    assert cookies.late([(cookies.name_for(victims.state), planted.value)], victims.state) is None
