"""The wrong browser: somebody else's callback URL, state or code in one's own sign-in.

What binds a sign-in to one browser is the cookie under the state's own name (RFC 6749 10.12, RFC 9700 4.7). Without
it a callback URL would sign whoever opens it in as whoever made it.
"""

from typing import Any

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.steps import Act, altered, callback
from tests.browsers import Page
from tests.stage import Stage, parameters_of


async def _open_attackers_callback(stage: Stage) -> Page:
    return await stage.victim.get(await stage.attacker.at_callback("mallory"))


async def _open_victims_callback(stage: Stage) -> Page:
    return await stage.attacker.get(await stage.victim.at_callback("alice"))


async def _open_victims_callback_while_signing_in(stage: Stage) -> Page:
    await stage.attacker.at_callback("mallory")
    return await _open_victims_callback(stage)


async def _open_attackers_callback_while_signing_in(stage: Stage) -> Page:
    await stage.victim.at_callback("alice")
    return await _open_attackers_callback(stage)


async def _open_attackers_callback_while_signed_in(stage: Stage) -> Page:
    await stage.signed_in(stage.victim, "alice")
    return await _open_attackers_callback(stage)


async def _attackers_code_under_victims_state(stage: Stage) -> Page:
    given = parameters_of(await stage.victim.at_callback("alice"))
    stolen = parameters_of(await stage.attacker.at_callback("mallory"))
    return await stage.victim.get(callback([("code", stolen["code"]), ("state", given["state"])]))


async def _personal_code_under_victims_state(stage: Stage) -> Page:
    given = parameters_of(await stage.victim.at_callback("dave"))
    stolen = parameters_of(await stage.attacker.at_callback("erin"))
    return await stage.victim.get(callback([("code", stolen["code"]), ("state", given["state"])]))


async def _victims_code_under_attackers_state(stage: Stage) -> Page:
    own = parameters_of(await stage.attacker.at_callback("mallory"))
    stolen = parameters_of(await stage.victim.at_callback("alice"))
    return await stage.attacker.get(callback([("code", stolen["code"]), ("state", own["state"])]))


async def _after_ten_minutes(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    stage.clock.advance(601)
    return await stage.victim.get(url)


async def _after_the_state_was_forgotten(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    assert (await stage.victim.get(url)).location == "http://localhost:8888/"
    await stage.honest_until_now()
    stage.clock.advance(16 * 60)
    return await stage.victim.get(url)


def refused(name: str, story: str, act: Act, *, error: str = "sign_in_expired", **more: Any) -> Attack:
    """An attack that ends, unless something else is said, as if the sign-in had never been begun here."""
    return Attack(name=name, story=story, act=act, error=error, **more)


_SWAPS = [
    refused(
        "login_csrf",
        "the attacker's own callback URL, sent to the victim, would sign the victim in as the attacker",
        _open_attackers_callback,
    ),
    refused(
        "login_csrf_while_signing_in",
        "the same while the victim has a sign-in of their own under way: another state, another cookie",
        _open_attackers_callback_while_signing_in,
    ),
    refused(
        "login_csrf_while_signed_in",
        "the same while the victim is signed in: their session stays what it is",
        _open_attackers_callback_while_signed_in,
    ),
    refused(
        "stolen_callback",
        "the victim's callback URL, read from a log or a Referer, is opened in the attacker's browser",
        _open_victims_callback,
    ),
    refused(
        "stolen_callback_while_signing_in",
        "the same in a browser that has a genuine cookie for a sign-in of its own",
        _open_victims_callback_while_signing_in,
    ),
    refused(
        "code_injection",
        "the attacker's code under the victim's state: only PKCE tells it from the victim's (RFC 9700 4.5)",
        _attackers_code_under_victims_state,
        error="invalid_response",
        security="pkce_mismatch",
        consumes=True,
        asks=1,
    ),
    refused(
        "code_injection_personal",
        "the same with a personal account, for which Microsoft has a number of its own",
        _personal_code_under_victims_state,
        error="invalid_response",
        security="pkce_mismatch",
        consumes=True,
        asks=1,
    ),
    refused(
        "stolen_code",
        "the victim's code in the attacker's own sign-in, whose cookie and state are genuine",
        _victims_code_under_attackers_state,
        error="invalid_response",
        security="pkce_mismatch",
        consumes=True,
        asks=1,
    ),
    refused("late", "the browser was left open at the provider for more than ten minutes", _after_ten_minutes),
    refused(
        "late_replay",
        "a callback that succeeded comes again when its state is forgotten: the cookie must have expired before that",
        _after_the_state_was_forgotten,
    ),
]

_STATES = [
    refused(
        "state_invented",
        "a state of the right form that nobody made",
        altered(lambda given: [("code", given["code"]), ("state", "A" * 43)]),
    ),
    refused(
        "state_letter_case",
        "the state in another letter case is another state",
        altered(lambda given: [("code", given["code"]), ("state", given["state"].swapcase())]),
    ),
    refused(
        "state_cut",
        "the beginning of a state",
        altered(lambda given: [("code", given["code"]), ("state", given["state"][:42])]),
        error="invalid_request",
    ),
    refused(
        "state_extended",
        "a state with more behind it",
        altered(lambda given: [("code", given["code"]), ("state", given["state"] + "A")]),
        error="invalid_request",
    ),
    refused(
        "state_missing",
        "an answer to no request",
        altered(lambda given: [("code", given["code"])]),
        error="invalid_request",
    ),
    refused(
        "state_empty",
        "an empty parameter is an absent one",
        altered(lambda given: [("code", given["code"]), ("state", "")]),
        error="invalid_request",
    ),
]

BROWSERS = [*_SWAPS, *_STATES]
