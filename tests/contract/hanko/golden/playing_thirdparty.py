"""The recorded third-party endpoints, played: who comes back from the provider, with which state and which cookie."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.browsers import Browser, Page
from tests.contract.hanko.golden.exchanges import Exchange, NotPlayed
from tests.contract.hanko.golden.stage import APP, Stage
from tests.peers.oidc import ABSENT
from tests.peers.raw_http import Reply

_FIRST_CALLBACK, _FIRST_POST = 43, 100
_NOT_PLAYED = {71, 83, 85, 95, 97, 98, 99}
_INVALID_GRANT = Reply(status=400, body=b'{"error":"invalid_grant","error_description":"described"}')


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is another than that somebody new, whose address is proven, comes back in the browser that began.

    `claims` are of the ID token; `fault` is the token endpoint's next answer; `cookie`: its value, in a browser
    without any other; `own_browser`: false for one that did not begin anything; `seconds` pass in between.
    """

    redirect_to: str = APP
    subject: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)
    fault: Reply | None = None
    cookie: str | None = None
    own_browser: bool = True
    other_start: bool = False
    again: bool = False
    disabled: bool = False
    seconds: int = 0
    state: Callable[[str], str] = str


_TO = {
    46: f"{APP}/", 47: f"{APP}/cb?z=1&b=2", 48: f"{APP}/cb?hanko_token=old", 49: f"{APP}/#/login",
    50: f"{APP}/cb?x=a+b%20c&y", 51: f"{APP}/cb#frag", 52: "https://x.preview.example.com/a/b.html?q=%C3%A4",
    76: f"{APP}/cb?a=1", 77: f"{APP}/#/login",
}  # fmt: skip
_SCENES: dict[int, Scene] = {
    **{number: Scene(redirect_to=target) for number, target in _TO.items()},
    44: Scene(again=True),
    53: Scene(own_browser=False),
    54: Scene(other_start=True),
    55: Scene(subject="s1", claims={"email": "Jane-Third@Example.com"}),
    56: Scene(claims={"email": ABSENT, "email_verified": ABSENT}),
    57: Scene(subject="s1", claims={"email": ABSENT, "email_verified": ABSENT}),
    62: Scene(own_browser=False),
    65: Scene(state=lambda state: "A" * len(state)),
    66: Scene(cookie="garbage"),
    67: Scene(cookie=""),
    68: Scene(other_start=True),
    69: Scene(seconds=601),
    70: Scene(seconds=601),
    80: Scene(fault=_INVALID_GRANT),
    81: Scene(fault=Reply(status=500, body=b"oops")),
    82: Scene(members={"access_token": ABSENT}),
    84: Scene(claims={"sub": ABSENT}),
    86: Scene(claims={"sub": 5}),
    87: Scene(claims={"email_verified": "true"}),
    88: Scene(claims={"email_verified": False}),
    89: Scene(claims={"email_verified": ABSENT}),
    90: Scene(subject="s1", claims={"email_verified": False}),
    91: Scene(claims={"email": "jane@example.com"}),
    92: Scene(claims={"email": "JANE@EXAMPLE.COM"}),
    96: Scene(disabled=True),
    94: Scene(subject="s1", claims={"email": "t93@example.com"}),
}


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Set the scene, send the request."""
    if recorded.number in _NOT_PLAYED:
        raise NotPlayed
    async with stage.browser() as browser:
        if recorded.number < _FIRST_CALLBACK or recorded.number >= _FIRST_POST:
            return await stage.send(recorded, browser)
        return await _come_back(recorded, stage, browser, _SCENES.get(recorded.number, Scene()))


async def _come_back(recorded: Exchange, stage: Stage, browser: Browser, scene: Scene) -> Page:
    subject = scene.subject or f"t{recorded.number}"
    stage.peer.claims |= {"email": "jane@example.com" if subject == "s1" else f"{subject}@example.com", **scene.claims}
    stage.peer.token_members = scene.members
    if scene.fault is not None:
        stage.peer.fault("/token", scene.fault)
    start = await stage.started(browser, redirect_to=scene.redirect_to)
    callback = stage.to_provider(start.location or "", subject=subject)
    state = scene.state(start.query["state"])
    try:
        return await _returned(recorded, stage, browser, scene, start=start, callback=callback, state=state)
    finally:
        for name in ("email_verified", "sub"):
            stage.peer.claims.pop(name, None)
        stage.peer.claims["email"] = "jane@example.com"
        stage.peer.token_members = {}
        stage.peer.faults.clear()
        if scene.disabled:
            await stage.broker.reload({})


async def _returned(
    recorded: Exchange, stage: Stage, browser: Browser, scene: Scene, *, start: Page, callback: str, state: str
) -> Page:
    values = {"state": state, "code": dict(parse_qsl(urlsplit(callback).query))["code"]}
    query = parse_qsl(urlsplit(recorded.target).query, keep_blank_values=True)
    filled = [(name, values.get(value.strip("<>"), value) if value.startswith("<") else value) for name, value in query]
    path = f"/thirdparty/callback?{urlencode(filled)}"
    headers = {name: value for name, value in recorded.headers.items() if name != "Cookie"}
    if scene.cookie is not None:
        browser.drop_cookies()
        headers["Cookie"] = f"{start.set_cookies[0].partition('=')[0]}={scene.cookie}"
    if not scene.own_browser or scene.other_start:
        browser.drop_cookies()
    if scene.other_start:
        await stage.started(browser)
    stage.clock.advance(scene.seconds)
    if scene.disabled:
        await stage.broker.reload({"third_party.custom_providers": {}})
    if scene.again:
        await browser.send("GET", path, headers=headers)
    return await browser.send("GET", path, headers=headers)
