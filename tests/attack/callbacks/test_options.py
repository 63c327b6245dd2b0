"""What one request may add to what the provider receives: each option once, nothing else, and nothing twice."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.attack.callbacks.steps import started
from tests.stage import staged

OPTIONS = {
    "login_hint": "auto:alice",
    "domain_hint": "alder.example",
    "prompt": "login",
    "max_age": "300",
    "ui_locales": "de en",
    "provider_scopes": "User.Read",
}
OURS = {
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method",
}  # fmt: skip
FOREIGN = {
    "claims": "{}", "client_info": "1", "scope": "Mail.Read", "response_type": "token", "response_mode": "fragment",
    "redirect_uri": "https://attacker.example/", "client_id": "attacker", "state": "x", "nonce": "x", "acr_values": "x",
    "request": "x", "request_uri": "https://attacker.example/", "id_token_hint": "x", "max_age[]": "0",
    "Prompt": "none",
}  # fmt: skip
ALLOWED: dict[str, Any] = {"third_party.providers.microsoft.extra_scopes_allowed": ["User.Read"]}


async def asked(tmp_path: Path, **parameters: str) -> dict[str, list[str]]:
    """What arrives at the provider, by its own record."""
    async with staged(tmp_path, ALLOWED) as stage:
        page = await started(**parameters)(stage)
        assert page.location is not None
        await stage.victim.get(page.location)
        [received] = [each["query"] for each in await stage.emulator.requests() if each["endpoint"] == "authorize"]
        assert {name: [value] for name, value in received.items()} == parse_qs(urlsplit(page.location).query)
        return parse_qs(urlsplit(page.location).query, strict_parsing=True)


async def test_each_option_is_passed_on_once_and_languages_stay_here(tmp_path: Path) -> None:
    found = await asked(tmp_path, **OPTIONS)
    assert found.keys() == OURS | {"login_hint", "domain_hint", "prompt", "max_age"}
    assert all(len(values) == 1 for values in found.values())
    assert [found[name] for name in ("login_hint", "domain_hint", "prompt", "max_age")] == [
        ["auto:alice"], ["alder.example"], ["login"], ["300"],
    ]  # fmt: skip
    assert found["scope"] == ["openid profile email User.Read"]


async def test_parameters_that_are_none_of_ours_change_nothing(tmp_path: Path) -> None:
    found = await asked(tmp_path, **FOREIGN)
    assert found.keys() == OURS
    assert found["scope"] == ["openid profile email"]
    assert not [name for name, values in found.items() if values == [FOREIGN.get(name)]]


async def test_parameters_that_are_none_of_ours_are_not_in_what_redeems_the_code(tmp_path: Path) -> None:
    async with staged(tmp_path, ALLOWED) as stage:
        assert (await stage.victim.sign_in("alice", **FOREIGN)).query.get("error") is None
        [received] = [each for each in await stage.emulator.requests() if each["endpoint"] == "token"]
    assert received["query"] == {}
    assert received["form"].keys() == {
        "grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret",
    }  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
async def test_an_option_given_twice_is_refused_though_both_say_the_same(option: str, tmp_path: Path) -> None:
    async with staged(tmp_path, ALLOWED) as stage:
        page = await started(f"&{option}={OPTIONS[option].replace(' ', '+')}", **{option: OPTIONS[option]})(stage)
        assert page.query["error"] == "invalid_request"
        assert (await stage.emulator.counters()).get("authorize", 0) == 0
