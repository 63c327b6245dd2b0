"""Cookies that were stolen, forged, planted or renamed: the binding of a sign-in to its browser, attacked.

Only the cookie under the state's own name is looked at. A genuine one that was made for another state is somebody's
deed and counted as such; everything else is as good as no cookie (RFC 6265 8.6 on planted cookies).
"""

from collections.abc import Awaitable, Callable

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.models.signins import SignIn
from broker.web.cookies import SignInCookies
from tests.attack.callbacks.browsers import refused
from tests.attack.callbacks.steps import with_cookies
from tests.browsers import Page
from tests.stage import Stage, cookie_name, cookie_value, parameters_of

_FOREIGN_SECRET = "a-secret-of-another-deployment-entirely"
_OWN_SECRET = "a-secret-of-tests-that-is-long-enough-0"


async def _own_cookie_under_victims_name(stage: Stage, url: str) -> str:
    own = await stage.attacker.at_callback("mallory")
    return f"{cookie_name(url)}={cookie_value(stage.attacker, own)}"


async def _own_cookie_and_noise_under_victims_name(stage: Stage, url: str) -> str:
    return f"{cookie_name(url)}=x.y.z; {await _own_cookie_under_victims_name(stage, url)}; {cookie_name(url)}="


async def _own_cookie_under_its_own_name(stage: Stage, _url: str) -> str:
    own = await stage.attacker.at_callback("mallory")
    return f"{cookie_name(own)}={cookie_value(stage.attacker, own)}"


async def _session_token_as_cookie(stage: Stage, url: str) -> str:
    await stage.signed_in(stage.attacker, "mallory")
    return f"{cookie_name(url)}={stage.attacker.cookie('hanko')}"


async def _tampered(stage: Stage, url: str) -> str:
    value = cookie_value(stage.victim, url)
    return f"{cookie_name(url)}={'A' if value[0] != 'A' else 'B'}{value[1:]}"


async def _signature_stripped(stage: Stage, url: str) -> str:
    return f"{cookie_name(url)}={cookie_value(stage.victim, url).rpartition('.')[0]}"


async def _time_moved(stage: Stage, url: str) -> str:
    content, _, signature = cookie_value(stage.victim, url).split(".")[-3:]
    return f"{cookie_name(url)}={content}.AAAAAA.{signature}"


async def _other_letter_case(stage: Stage, url: str) -> str:
    return f"{cookie_name(url).upper()}={cookie_value(stage.victim, url)}"


async def _under_the_secure_prefix(stage: Stage, url: str) -> str:
    return f"__Host-{cookie_name(url)}={cookie_value(stage.victim, url)}"


async def _empty(_stage: Stage, url: str) -> str:
    return f"{cookie_name(url)}="


async def _oversized(stage: Stage, url: str) -> str:
    return f"{cookie_name(url)}={cookie_value(stage.victim, url)}{'A' * 4000}"


async def _strange_bytes(_stage: Stage, url: str) -> str:
    return f'{cookie_name(url)}=\u00e9\u4e2d.."\\'


def _sealed(secret: str, *, seconds_ahead: int = 0) -> Callable[[Stage, str], Awaitable[str]]:
    async def make(stage: Stage, url: str) -> str:
        clock = FrozenClock(stage.clock.now() + seconds_ahead)
        secrets = SecretKeys([secret])
        sign_in = SignIn(
            state=parameters_of(url)["state"],
            provider="microsoft",
            surface="plain",
            redirect_target="https://attacker.example/",
            error_target=None,
            code_challenge=None,
            max_age=None,
            started_at=clock.now(),
            secret_id=secrets.newest_id,
        )
        sealed = SignInCookies(secrets, clock, secure=False).seal(sign_in)
        return f"{cookie_name(url)}={sealed.value}"

    return make


async def _planted_by_a_sibling_host(stage: Stage) -> Page:
    url = await stage.attacker.at_callback("mallory")
    genuine = stage.attacker.cookie(cookie_name(url, prefix="__Host-signin-"))
    assert genuine is not None
    return await stage.victim.get(url, Cookie=f"{cookie_name(url)}={genuine}")


COOKIES = [
    refused(
        "cookie_of_another_state",
        "the attacker renames a genuine cookie of their own to the victim's state",
        with_cookies(_own_cookie_under_victims_name),
        error="wrong_browser",
        security="wrong_browser",
    ),
    refused(
        "cookie_of_another_state_in_a_crowd",
        "the same between worthless cookies of the same name: the genuine one is what tells the attack",
        with_cookies(_own_cookie_and_noise_under_victims_name),
        error="wrong_browser",
        security="wrong_browser",
    ),
    refused(
        "cookie_under_its_own_name",
        "a genuine cookie of another sign-in is not even looked at",
        with_cookies(_own_cookie_under_its_own_name),
    ),
    refused(
        "cookie_is_a_session_token",
        "a session token is signed by us too, and is no sign-in",
        with_cookies(_session_token_as_cookie),
    ),
    refused("cookie_tampered", "one character of the content is changed", with_cookies(_tampered)),
    refused("cookie_unsigned", "the signature is left out", with_cookies(_signature_stripped)),
    refused("cookie_redated", "the time part is changed, to make the cookie live longer", with_cookies(_time_moved)),
    refused("cookie_empty", "a cookie with no value at all", with_cookies(_empty)),
    refused("cookie_oversized", "a value longer than we ever write", with_cookies(_oversized)),
    refused("cookie_strange", "bytes that no cookie of ours has", with_cookies(_strange_bytes)),
    refused("cookie_letter_case", "cookie names have a letter case (RFC 6265 5.4)", with_cookies(_other_letter_case)),
    refused(
        "cookie_other_prefix",
        "the name that the cookie would have behind https",
        with_cookies(_under_the_secure_prefix),
    ),
    refused(
        "cookie_foreign",
        "another deployment's cookie for this very state, with a target of the attacker's",
        with_cookies(_sealed(_FOREIGN_SECRET)),
    ),
    refused(
        "cookie_from_the_future",
        "a cookie dated ahead of our clock would live longer than ten minutes",
        with_cookies(_sealed(_OWN_SECRET, seconds_ahead=3600)),
    ),
    refused(
        "cookie_planted_by_a_sibling",
        "behind https a sibling host plants a genuine cookie, which cannot have the prefix __Host-",
        _planted_by_a_sibling_host,
        https=True,
    ),
]
