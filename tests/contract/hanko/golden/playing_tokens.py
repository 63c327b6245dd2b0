"""The recording of tokens, cookies and the settings that change them, played: a reload for each setting.

What was recorded of a token is played as an answer whose body is the token's claims. A start with another
configuration is `START`: 200 if such a server starts, 400 if it refuses to.
"""

import base64
import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broker.config.load import load_mapping
from broker.errors import ConfigError
from tests.browsers import Browser, Page
from tests.contract.hanko.golden.exchanges import Exchange, NotPlayed
from tests.contract.hanko.golden.stage import APP, Stage
from tests.contract.hanko.golden.starting import STARTS
from tests.contract.hanko.steps import VERIFIER, FlowClient

_STRICT = {"same_site": "strict"}
_TEMPLATE = {
    "role": "admin", "n": 5, "flag": True, "list": ["a", 1], "nested": {"x": "{{.User.UserID}}"},
    "hello": "Hello {{.User.Email.Address}}", "ver": "{{.User.Email.IsVerified}}", "whole": "{{.User}}",
    "nm": "{{.User.Name}}", "iss": "tmpl", "sub": "tmpl",
    "meta": '{{.User.Metadata.Public "a"}}',
}  # fmt: skip
SETTINGS: Mapping[str, dict[str, Any]] = {
    "secure: false": {"session.cookie": {**_STRICT, "secure": False}},
    "same_site: none": {"session.cookie": {"same_site": "none"}},
    "enable_auth_token_header": {"session.enable_auth_token_header": True},
    "retention: session": {"session.cookie": {**_STRICT, "retention": "session"}},
    "retention: prompt (not asked)": {"session.cookie": {**_STRICT, "retention": "prompt"}},
    "lifespan, issuer, audience": {
        "session.lifespan": "90m",
        "session.issuer": "https://issuer.example.com",
        "session.audience": ["a.example.com", "b"],
    },
    "template": {"session.jwt_template": {"claims": _TEMPLATE}},
    "idle_timeout": {"session.idle_timeout": "2s"},
    "limit 1": {"session.limit": 1},
    "allow_signup false": {"account.allow_signup": False},
}  # fmt: skip
_NOT_PLAYED = (
    "all cookie settings",
    "same_site: unknown word",
    "claims of somebody with a username",
    "no address",
    "unverified address",
)


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Set the scene, send the request."""
    if recorded.what.startswith(_NOT_PLAYED):
        raise NotPlayed
    if recorded.method == "START":
        return _started(stage, recorded.what.removeprefix("start-up: "))
    await _configure(stage, recorded.what)
    async with stage.broker.browser() as browser:
        if "JWT" in recorded.what or "claims" in recorded.what or "header of the token" in recorded.what:
            return await _token(recorded, stage, browser)
        if recorded.target.startswith("/login"):
            return await _flow(recorded, stage, browser)
        return await _plain(recorded, stage, browser)


async def _configure(stage: Stage, what: str) -> None:
    """With the settings that the exchange's name begins with."""
    name = next((each for each in SETTINGS if what.startswith(each)), "")
    if vars(stage).get("settings", "") != name:
        vars(stage)["settings"] = name
        await stage.broker.reload(SETTINGS.get(name, {}))


async def _plain(recorded: Exchange, stage: Stage, browser: Browser) -> Page:
    if recorded.target.startswith("/thirdparty/"):
        subject = "t78" if "unknown user" in recorded.what else "s1"
        stage.peer.claims["email"] = "jane@example.com" if subject == "s1" else f"{subject}@example.com"
        page = await stage.started(browser)
        if recorded.target.endswith("/callback"):
            page = await browser.get(stage.to_provider(page.location or "", subject=subject))
        stage.peer.claims["email"] = "jane@example.com"
        return page if recorded.told("Location") else _without_location(page)
    token, user_id = await _session(recorded.what, stage)
    if "too late" in recorded.what:
        stage.clock.advance(3)
    values = {"jwt": token, "user_id": user_id}
    if "300 characters" in recorded.what:
        browser.headers["User-Agent"] = "x" * 300
    if recorded.target == "/token":
        body = json.dumps({"value": await stage.code()})
        headers = {**stage.counted, "Content-Type": "application/json", "Origin": APP}
        return await browser.send("POST", "/token", data=body, headers=headers)
    if recorded.target == "/logout":
        return await browser.send("POST", "/logout", headers={"Authorization": f"Bearer {token}"})
    return await stage.send(recorded, browser, **values)


def _without_location(page: Page) -> Page:
    """Where it leads is in another recording."""
    headers = {name: value for name, value in page.headers.items() if name != "Location"}
    return replace(page, headers=headers, location=None)


async def _session(what: str, stage: Stage) -> tuple[str, str]:
    """The session that the request has, and whose it is; with a limit of one, the first after the second."""
    found = await _exchange(stage)
    if what.startswith("limit 1"):
        await _exchange(stage)
    return found


async def _exchange(stage: Stage) -> tuple[str, str]:
    async with stage.broker.browser() as browser:
        body = json.dumps({"value": await stage.code()})
        page = await browser.send("POST", "/token", data=body, headers={"Content-Type": "application/json"})
        return _token_in(page), json.loads(page.body)["user_id"]


async def _flow(recorded: Exchange, stage: Stage, browser: Browser) -> Page:
    client = FlowClient(browser)
    if recorded.target.startswith("/login?action=thirdparty_oauth"):
        await client.to_provider(provider="custom_entra", redirect_to=APP, verifier=None)
    else:
        remember = recorded.what.endswith("remember_me true")
        await _exchanged(stage, client, remember=remember)
    assert client.page is not None
    return client.page


async def _exchanged(stage: Stage, client: FlowClient, *, remember: bool = False) -> None:
    await client.to_login_page("login")
    if remember:
        await client.run("remember_me", {"remember_me": True})
    inputs = {"provider": "custom_entra", "redirect_to": APP, "code_verifier": VERIFIER}
    state = await client.run("thirdparty_oauth", inputs)
    page = await client.browser.get(state["payload"]["redirect_url"])
    page = await client.browser.get(stage.to_provider(page.location or ""))
    await client.exchange(page.query["hanko_token"], VERIFIER)


async def _token(recorded: Exchange, stage: Stage, browser: Browser) -> Page:
    """The token's claims, or its header, as if they had been the body of an answer."""
    if recorded.target.startswith("/login"):
        if "public metadata" in recorded.what:
            await _give_metadata(stage, browser)
        client = FlowClient(browser)
        await _exchanged(stage, client)
        assert client.page is not None
        token = _token_in(client.page)
    else:
        token, _ = await _exchange(stage)
    part = token.split(".")[0 if "header of" in recorded.what else 1]
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return Page(url="", status=200, headers={}, set_cookies=(), body=text)


async def _give_metadata(stage: Stage, browser: Browser) -> None:
    key = (await stage.broker.application.broker.api_keys.create("recorded")).key
    url = f"{stage.broker.admin_url}/users/{stage.user_id}/metadata"
    body = {"public_metadata": {"a": {"b": 1}}}
    await browser.send("PATCH", url, json=body, headers={"Authorization": f"Bearer {key}"})


def _token_in(page: Page) -> str:
    in_cookies = "".join(page.set_cookies).partition("=")[2].partition(";")[0]
    return page.headers.get("X-Auth-Token") or in_cookies


def _started(stage: Stage, what: str) -> Page:
    """What comes of a configuration that has this change."""
    tree = copy.deepcopy(dict(stage.broker.settings))
    change = STARTS[what]
    if change is None:
        raise NotPlayed
    change(tree)
    try:
        load_mapping(tree, {}, name="recorded")
    except ConfigError as error:
        return Page(url="", status=400, headers={}, set_cookies=(), body=str(error).encode())
    return Page(url="", status=200, headers={}, set_cookies=(), body=b"")
