"""Attacks on signing out: each ends without a redirect to anywhere, and everybody stays signed in who was."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from broker.crypto import SecretKeys
from broker.web.signed import Signed
from tests.browsers import Page
from tests.observed import all_rows
from tests.stage import Stage, cookie_value, staged

LOGOUT = "third_party.providers.microsoft.logout"
EVIL = "https://evil.example/"
BACK = "/logout/return"
STRANGER = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@dataclass(frozen=True, kw_only=True)
class Attack:
    """`status` is how it is answered."""

    name: str
    story: str
    act: Callable[[Stage], Awaitable[Page]]
    status: int = 200


def loaded(path: str, method: str = "GET", **headers: str) -> Callable[[Stage], Awaitable[Page]]:
    """The victim's browser is made to load this."""

    async def act(stage: Stage) -> Page:
        return await stage.victim.send(method, path, headers=headers)

    return act


async def _state_of_a_sign_in(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    return await stage.victim.get(f"{BACK}?{urlencode({'state': cookie_value(stage.victim, url)})}")


async def _ticket_for_a_state(stage: Stage) -> Page:
    secrets = SecretKeys([secret.reveal() for secret in stage.broker.config.secrets.keys])
    signed = Signed(secrets, stage.clock, purpose="ticket").dumps({"return_to": "http://localhost:8888/"})
    return await stage.victim.get(f"{BACK}?{urlencode({'state': signed})}")


async def _state_with_another_target(stage: Stage) -> Page:
    """The content exchanged, the signature kept."""
    states = stage.broker.application.broker.sign_out_states
    genuine, other = states.seal("http://localhost:8888/"), states.seal("http://localhost:8888/x")
    forged = f"{(other or '').partition('.')[0]}.{(genuine or '').partition('.')[2]}"
    return await stage.victim.get(f"{BACK}?{urlencode({'state': forged})}")


async def _state_twice(stage: Stage) -> Page:
    state = stage.broker.application.broker.sign_out_states.seal("http://localhost:8888/")
    return await stage.victim.get(f"{BACK}?{urlencode([('state', state or ''), ('state', 'x')])}")


async def _state_of_a_target_that_was_never_admitted(stage: Stage) -> Page:
    """As if another version of this program had signed it: the list is asked again at the end."""
    state = stage.broker.application.broker.sign_out_states.seal(EVIL)
    return await stage.victim.get(f"{BACK}?{urlencode({'state': state or ''})}")


async def _form_of_a_stranger(stage: Stage) -> Page:
    return await stage.victim.send("POST", "/logout", data={"return_to": EVIL}, headers=STRANGER)


ATTACKS = [
    Attack(name="return_to_on_the_way_back", story="open redirect: a target beside the state",
        act=loaded(f"{BACK}?{urlencode({'return_to': EVIL, 'redirect_to': EVIL})}")),
    Attack(name="state_is_a_url", story="open redirect: the target itself for a state",
        act=loaded(f"{BACK}?{urlencode({'state': EVIL})}")),
    Attack(name="state_of_a_sign_in", story="a genuine value of ours that was signed for a sign-in",
        act=_state_of_a_sign_in),
    Attack(name="ticket_for_a_state", story="a genuine value of ours that was signed as a ticket",
        act=_ticket_for_a_state),
    Attack(name="state_with_another_target", story="two genuine states, put together anew",
        act=_state_with_another_target),
    Attack(name="state_twice", story="two states: two readers would see two", act=_state_twice, status=400),
    Attack(name="target_never_admitted", story="a genuine state of a target that no list admits",
        act=_state_of_a_target_that_was_never_admitted),
    Attack(name="oversized_state", story="a state of a hundred kilobytes", act=loaded(f"{BACK}?state={'A' * 9000}")),
    Attack(name="target_of_another_site", story="open redirect by the link that asks",
        act=loaded(f"/logout?{urlencode({'return_to': EVIL})}"), status=400),
    Attack(name="image_on_a_page", story="a link alone signs nobody out, whoever makes a browser load it",
        act=loaded("/logout", sec_fetch_dest="image", sec_fetch_site="cross-site")),
    Attack(name="form_of_a_stranger", story="a page posts the form in the victim's name", act=_form_of_a_stranger,
        status=403),
    Attack(name="frame_without_sid", story="the front-channel address in the victim's browser, with their cookie",
        act=loaded("/thirdparty/logout/microsoft", sec_fetch_dest="iframe", sec_fetch_site="cross-site")),
    Attack(name="frame_with_wildcards", story="a sid that a careless comparison would take for any",
        act=loaded("/thirdparty/logout/microsoft?sid=%25")),
    Attack(name="frame_of_another_provider", story="the victim's sid under another provider's name",
        act=loaded("/thirdparty/logout/custom_microsoft?sid=x"), status=404),
    Attack(name="post_to_the_frame", story="a form that a stranger posts there",
        act=loaded("/thirdparty/logout/microsoft?sid=x", "POST", **STRANGER), status=403),
]  # fmt: skip


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Two people, signed in."""
    async with staged(tmp_path, {LOGOUT: {"rp_initiated": True}}) as one:
        await one.signed_in(one.victim, "alice")
        await one.signed_in(one.attacker, "mallory")
        yield one


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_attack_leads_nowhere_and_ends_nothing(attack: Attack, stage: Stage) -> None:
    before = (await all_rows(stage.broker.application.broker.store))["sessions"]
    page = await attack.act(stage)
    assert (page.status, page.location, page.set_cookies) == (attack.status, None, ())
    assert "evil" not in page.text
    assert (await all_rows(stage.broker.application.broker.store))["sessions"] == before
    assert len(before) == 2
