"""Answers by form, which any site can send: where one is asked for, nothing else is an answer."""

from typing import Any
from urllib.parse import urlencode

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.steps import CALLBACK
from tests.browsers import Page
from tests.forms import answer_by_form
from tests.stage import Stage

_BY_FORM = {"third_party.providers.microsoft.response_mode": "form_post"}
_FROM_A_STRANGER = {"Origin": "https://attacker.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}


async def _genuine_answer_by_query(stage: Stage) -> Page:
    form = await answer_by_form(stage.victim, "alice")
    return await stage.victim.get(f"{CALLBACK}?{urlencode(form.fields)}")


async def _attackers_answer_in_the_victims_browser(stage: Stage) -> Page:
    form = await answer_by_form(stage.attacker, "mallory")
    return await stage.victim.send("POST", form.action, data=form.fields, headers=_FROM_A_STRANGER)


async def _attackers_code_under_the_victims_state(stage: Stage) -> Page:
    """The state leaked, say from a shared screen: the code still belongs to another sign-in's PKCE and nonce."""
    victims = await answer_by_form(stage.victim, "alice")
    attackers = await answer_by_form(stage.attacker, "mallory")
    mixed = {**victims.fields, "code": attackers.fields["code"]}
    return await stage.victim.send("POST", victims.action, data=mixed, headers=_FROM_A_STRANGER)


async def _genuine_answer_in_a_frame(stage: Stage) -> Page:
    form = await answer_by_form(stage.victim, "alice")
    headers = {**_FROM_A_STRANGER, "Sec-Fetch-Dest": "iframe"}
    return await stage.victim.send("POST", form.action, data=form.fields, headers=headers)


async def _genuine_answer_as_json(stage: Stage) -> Page:
    form = await answer_by_form(stage.victim, "alice")
    return await stage.victim.send("POST", form.action, json=form.fields)


async def _genuine_answer_in_query_and_form(stage: Stage) -> Page:
    """Half of it in the URL: two readers of one request would see two things."""
    form = await answer_by_form(stage.victim, "alice")
    query = urlencode({"code": form.fields.pop("code")})
    return await stage.victim.send("POST", f"{form.action}?{query}", data=form.fields, headers=_FROM_A_STRANGER)


def _by_form(name: str, story: str, act: Any, **ends: Any) -> Attack:
    return Attack(name=f"form_post_{name}", story=story, act=act, changes=_BY_FORM, https=True, **ends)


FORM_POST = [
    _by_form("answered_by_query", "the genuine answer, moved into a URL that logs and histories keep",
        _genuine_answer_by_query, error="invalid_request", said="by query"),
    _by_form("into_another_browser", "login CSRF: a stranger's page posts the attacker's answer",
        _attackers_answer_in_the_victims_browser, error="sign_in_expired"),
    _by_form("foreign_code", "code injection: the victim's state with the attacker's code",
        _attackers_code_under_the_victims_state, error="invalid_response", consumes=True, asks=1,
        security="pkce_mismatch"),
    _by_form("in_a_frame", "the form is sent in a frame: no page load, and nobody would see its end",
        _genuine_answer_in_a_frame, status=400),
    _by_form("as_json", "JSON, which a provider never sends", _genuine_answer_as_json, status=415),
    _by_form("code_in_the_query", "the state in the form, the code in the URL",
        _genuine_answer_in_query_and_form, error="invalid_response"),
]  # fmt: skip
