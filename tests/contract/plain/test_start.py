"""A sign-in begins: what the provider is asked, what the browser keeps, and that nothing is stored."""

import base64
import json
import zlib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.attack.callbacks.steps import APP_URL, started
from tests.browsers import Page
from tests.stage import HTTPS_URL, Stage, cookie_name, staged

_MICROSOFT = "third_party.providers.microsoft"
_ASKED = {
    "client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "response_mode",
}  # fmt: skip


def content_of(cookie: str) -> dict[str, object]:
    """What a sign-in's cookie says to whoever reads it: signed, not secret."""
    encoded = cookie.rsplit(".", 2)[0]
    packed = encoded.removeprefix(".")
    data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    content: dict[str, object] = json.loads(zlib.decompress(data) if encoded.startswith(".") else data)
    return content


def name_of(page: Page) -> str:
    """The name of the cookie that a start sets."""
    return cookie_name(f"/?state={page.query['state']}")


async def test_browser_is_sent_to_the_provider_and_nowhere_cached(stage: Stage) -> None:
    page = await stage.victim.start()
    assert page.status == 303
    assert (page.location or "").startswith(f"{stage.emulator.base_url}/common/oauth2/v2.0/authorize?")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


async def test_provider_is_asked_with_state_nonce_and_pkce_and_nothing_else(stage: Stage) -> None:
    asked = (await stage.victim.start()).query
    assert asked.keys() == _ASKED
    assert (asked["response_type"], asked["response_mode"]) == ("code", "query")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{stage.broker.url}/thirdparty/callback"
    assert asked["scope"] == "openid profile email"


async def test_state_is_32_random_bytes_and_tells_the_provider_nothing(stage: Stage) -> None:
    pages = [await stage.victim.start() for _ in range(20)]
    for name in ("state", "nonce", "code_challenge"):
        values = {page.query[name] for page in pages}
        assert len(values) == len(pages), f"every sign-in has a {name} of its own"
        assert {len(base64.urlsafe_b64decode(value + "=")) for value in values} == {32}


async def test_unknown_parameter_is_never_passed_on(stage: Stage) -> None:
    page = await started(
        response_mode="fragment",
        client_id="attacker",
        nonce="attackers",
        state="attackers",
        request="e30.e30.",
        request_uri="https://a.example/",
        claims="{}",
        redirect_uri="https://a.example/",
        scope="Mail.Read",
        utm_source="newsletter",
    )(stage)
    assert page.query.keys() == _ASKED
    assert page.query["client_id"].startswith("c11e0000")
    assert "attacker" not in (page.location or "")


async def test_hints_are_passed_on_and_languages_are_kept(stage: Stage) -> None:
    options = {"login_hint": "a" * 320, "domain_hint": "alder.example", "prompt": "login", "max_age": "86400"}
    page = await stage.victim.start(**options, ui_locales="de en-GB")
    assert page.query.keys() == _ASKED | options.keys()
    assert {name: page.query[name] for name in options} == options


async def test_no_header_chooses_where_the_browser_goes(stage: Stage) -> None:
    stranger = {"Referer": "https://a.example/", "Origin": "https://a.example", "X-Forwarded-Host": "a.example"}
    for redirect_to in (APP_URL, "https://attacker.example/"):
        page = await stage.victim.start(redirect_to=redirect_to)
        path = page.url.removeprefix(stage.broker.url)
        told = await stage.victim.get(path, **{name.replace("-", "_"): value for name, value in stranger.items()})
        assert "a.example" not in (told.location or "")
        assert urlsplit(told.location or "").netloc == urlsplit(page.location or "").netloc
        assert told.query.get("redirect_uri") == page.query.get("redirect_uri")


async def test_provider_is_found_whatever_its_letter_case(stage: Stage) -> None:
    assert "state" in (await stage.victim.start(provider="MicroSoft")).query


async def test_empty_parameter_counts_as_absent(stage: Stage) -> None:
    names = ("error_redirect_to", "code_challenge", "code_challenge_method", "login_hint", "prompt", "max_age")
    page = await stage.victim.start(**dict.fromkeys(names, ""))
    assert page.query.keys() == _ASKED


async def test_scope_is_added_where_the_operator_allows_it(tmp_path: Path) -> None:
    async with staged(tmp_path, {f"{_MICROSOFT}.extra_scopes_allowed": ["User.Read", "Calendars.Read"]}) as stage:
        page = await stage.victim.start(provider_scopes="User.Read")
    assert page.query["scope"] == "openid profile email User.Read"


async def test_default_target_serves_where_none_is_named(tmp_path: Path) -> None:
    async with staged(tmp_path, {"third_party.default_redirect_url": f"{APP_URL}home"}) as stage:
        page = await started(redirect_to="-", login_hint="auto:alice")(stage)
        while page.location is not None and page.location.startswith((stage.emulator.base_url, stage.broker.url)):
            page = await stage.victim.get(page.location)
    assert page.location == f"{APP_URL}home"


async def test_start_writes_nothing(stage: Stage) -> None:
    for _ in range(10):
        await stage.victim.start()
        await stage.victim.start(redirect_to="https://attacker.example/")
    assert await stage.written() == {}


async def test_start_needs_no_database(stage: Stage) -> None:
    await stage.broker.application.broker.store.close()
    assert "state" in (await stage.victim.start()).query


async def test_cookie_is_bound_to_the_state_and_out_of_reach_of_scripts(stage: Stage) -> None:
    page = await stage.victim.start()
    [cookie] = page.set_cookies
    name, _, rest = cookie.partition("=")
    assert name == name_of(page)
    assert rest.split("; ")[1:] == ["Path=/", "Max-Age=600", "HttpOnly", "SameSite=Lax"]


async def test_cookie_behind_https_is_for_this_host_alone(tmp_path: Path) -> None:
    async with staged(tmp_path, https=True) as stage:
        page = await stage.victim.start()
    assert page.query["redirect_uri"] == f"{HTTPS_URL}/thirdparty/callback"
    [cookie] = page.set_cookies
    name, _, rest = cookie.partition("=")
    assert name == f"__Host-{name_of(page)}"
    assert rest.split("; ")[1:] == ["Path=/", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax"]


async def test_cookie_says_what_we_must_remember_and_nothing_that_redeems_a_code(stage: Stage) -> None:
    page = await stage.victim.start(redirect_to=f"{APP_URL}after?x=1#there", max_age="60")
    value = stage.victim.cookie(name_of(page)) or ""
    content = content_of(value)
    assert content["provider"] == "microsoft"
    assert content["redirect_target"] == f"{APP_URL}after?x=1#there"
    assert content["started_at"] == stage.clock.now()
    for secret in ("state", "nonce", "code_challenge"):
        assert page.query[secret] not in json.dumps(content), secret
    assert len(value) <= 3500


async def test_target_is_kept_as_browsers_will_see_it(stage: Stage) -> None:
    page = await stage.victim.start(redirect_to="HTTP://LOCALHOST:8888/a b?c=d e")
    assert page.query["error"] == "invalid_request", "white space is refused, not repaired"
    page = await stage.victim.start(redirect_to="HTTP://LOCALHOST:8888/a?q=%7e")
    content = content_of(stage.victim.cookie(name_of(page)) or "")
    assert content["redirect_target"] == "http://localhost:8888/a?q=%7e"


@pytest.mark.parametrize("tabs", [40])
async def test_many_tabs_stay_below_six_kilobytes_and_the_oldest_go(stage: Stage, tabs: int) -> None:
    callbacks = []
    for _ in range(tabs):
        callbacks.append(await stage.victim.at_callback("alice"))
        stage.clock.advance(1)
    standing = {name: stage.victim.cookie(name) or "" for name in stage.victim.cookie_names()}
    ours = {name: value for name, value in standing.items() if name.startswith("signin-")}
    assert 3 * 1024 < sum(len(name) + len(value) for name, value in ours.items()) <= 6 * 1024
    assert list(map(cookie_name, callbacks[-len(ours) :])) == sorted(ours, key=list(map(cookie_name, callbacks)).index)
    assert (await stage.victim.get(callbacks[0])).query["error"] == "sign_in_expired"
    assert (await stage.victim.get(callbacks[-1])).location == APP_URL


async def test_two_tabs_sign_in_beside_one_another_in_any_order(stage: Stage) -> None:
    first = await stage.victim.at_callback("alice", redirect_to=f"{APP_URL}first")
    second = await stage.victim.at_callback("bob", redirect_to=f"{APP_URL}second")
    assert (await stage.victim.get(second)).location == f"{APP_URL}second"
    assert (await stage.victim.get(first)).location == f"{APP_URL}first"


async def test_refused_start_sets_no_cookie(stage: Stage) -> None:
    page = await stage.victim.start(prompt="bogus")
    assert (page.status, page.set_cookies) == (303, ())
    assert dict(parse_qsl(urlsplit(page.location or "").query))["error"] == "invalid_request"


async def test_provider_that_was_reached_once_may_be_down_at_the_next_start(stage: Stage) -> None:
    await stage.victim.start()
    await stage.emulator.fault("discovery", status=503, times=100)
    stage.clock.advance(6 * 3600)
    assert "state" in (await stage.victim.start()).query
