"""Again: a callback that was used, a code that was used, and two at once.

A sign-in is used once, and its code leaves us once, whoever brings it back and however often (RFC 6749 4.1.2).
"""

import asyncio
from typing import Any

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.browsers import refused
from tests.attack.callbacks.steps import Act, altered, callback
from tests.browsers import Page
from tests.stage import Stage, cookie_name, cookie_value, parameters_of


async def _in_a_browser_with_the_stolen_cookie(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    stolen = f"{cookie_name(url)}={cookie_value(stage.victim, url)}"
    await stage.victim.get(url)
    await stage.honest_until_now()
    return await stage.attacker.get(url, Cookie=stolen)


async def _with_the_stolen_cookie_and_a_session_of_ones_own(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    stolen = f"{cookie_name(url)}={cookie_value(stage.victim, url)}"
    await stage.victim.get(url)
    await stage.signed_in(stage.attacker, "mallory")
    session = stage.attacker.cookie("hanko")
    stage.attacker.drop_cookies()
    return await stage.attacker.get(url, Cookie=f"{stolen}; hanko={session}")


async def _after_signing_out(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    await stage.victim.get(url)
    assert (await stage.victim.send("POST", "/logout")).status == 204
    await stage.honest_until_now()
    return await stage.victim.get(url)


async def _after_the_next_sign_in(stage: Stage) -> Page:
    first = await stage.victim.at_callback("alice")
    await stage.victim.get(first)
    await stage.signed_in(stage.victim, "alice")
    return await stage.victim.get(first)


async def _with_another_code(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    await stage.victim.get(url)
    await stage.victim.send("POST", "/logout")
    fresh = parameters_of(await stage.attacker.at_callback("mallory"))
    await stage.honest_until_now()
    return await stage.victim.get(callback([("code", fresh["code"]), ("state", parameters_of(url)["state"])]))


async def _with_another_code_meanwhile(stage: Stage) -> Page:
    """The first callback waits at the provider while the second comes."""
    given = parameters_of(await stage.victim.at_callback("alice"))
    await stage.emulator.fault("token", delay=0.3)
    first = asyncio.create_task(stage.victim.get(callback(list(given.items()))))
    await stage.until_codes_were_sent()
    await stage.honest_until_now()
    second = await stage.victim.get(callback([("code", "another"), ("state", given["state"])]))
    after = await stage.observe()
    assert after.rows == stage.honest.rows, "the second wrote nothing, and did not wait"
    assert (await first).location == "http://localhost:8888/"
    await stage.honest_until_now()
    _counted_before(stage, "already_used", after)
    return second


def _counted_before(stage: Stage, outcome: str, after: Any) -> None:
    """What the second attempt was counted as belongs to the attack, what the first one wrote does not."""
    assert after.counted.outcomes[outcome] == 1
    stage.honest.counted.outcomes[outcome] -= 1


async def _after_a_failure(stage: Stage) -> Page:
    """The cookie of a failed sign-in is gone, even if the browser should keep it: its state was consumed."""
    url = await stage.victim.at_callback("alice")
    kept = f"{cookie_name(url)}={cookie_value(stage.victim, url)}"
    await stage.emulator.fault("token", status=500)
    assert (await stage.victim.get(url)).query["error"] == "temporarily_unavailable"
    await stage.honest_until_now()
    return await stage.victim.get(url, Cookie=kept)


def _answered(aadsts: int) -> Act:
    """Microsoft's own word on the code."""

    async def act(stage: Stage) -> Page:
        url = await stage.victim.at_callback("alice")
        await stage.emulator.fault("token", aadsts=aadsts)
        return await stage.victim.get(url)

    return act


def _used(name: str, story: str, act: Act, **more: Any) -> Attack:
    return refused(name, story, act, error="already_used", **more)


REPLAYS = [
    _used("replay_with_stolen_cookie", "cookie and URL are stolen after the victim used them; the session is not",
        _in_a_browser_with_the_stolen_cookie),
    _used("replay_with_a_session_of_ones_own", "the same, by somebody who is signed in: it is not this sign-in's",
        _with_the_stolen_cookie_and_a_session_of_ones_own),
    _used("replay_after_sign_out", "back button after signing out must not sign in again", _after_signing_out),
    _used("replay_after_the_next_sign_in", "the session that this sign-in made was replaced by another",
        _after_the_next_sign_in),
    _used("replay_with_another_code", "a used state with a fresh code", _with_another_code),
    _used("two_at_once_with_another_code", "a used state with another code, before the first is done",
        _with_another_code_meanwhile),
    _used("replay_after_a_failure", "a sign-in that failed is over, too", _after_a_failure),
    _used("code_replayed_at_the_provider", "the provider says that somebody redeemed this code before us",
        _answered(54005), security="code_replayed", consumes=True, asks=1),
    refused("verifier_mismatch_at_the_provider", "the provider says that our verifier does not fit its challenge",
        _answered(501481), error="invalid_response", security="pkce_mismatch", consumes=True, asks=1),
    refused("code_invented", "a code that nobody issued, under a genuine state",
        altered(lambda given: [("code", "1.invented"), ("state", given["state"])]),
        error="invalid_response", consumes=True, asks=1),
]  # fmt: skip
