"""The recorded Flow API, played: where each flow stands before the request."""

from tests.browsers import Browser, Page
from tests.contract.hanko.golden.exchanges import Exchange, NotPlayed
from tests.contract.hanko.golden.stage import APP, Stage
from tests.contract.hanko.steps import VERIFIER, FlowClient
from tests.peers.oidc import ABSENT

_NOT_PLAYED = {55, 56, 57, 58, 59, 60, 72}
_PROFILE_CODE = 67
_FOREIGN = "00000000-0000-4000-8000-000000000000"
DAY = 24 * 3600
_NEW = {"email": "new@example.com", "name": "New User", "given_name": ABSENT}
_DORA = {"email": "dora@example.com", "name": ABSENT, "given_name": ABSENT}
_PEOPLE = {53: ("s2", _NEW), 76: ("d1", _DORA), 78: ("d1", _DORA)}
"""Who comes instead of Jane."""


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Set the scene, send the request."""
    if recorded.number in _NOT_PLAYED:
        raise NotPlayed
    kept = dict(stage.peer.claims)
    stage.peer.claims |= _PEOPLE.get(recorded.number, ("", {}))[1]
    try:
        async with stage.browser() as browser:
            if "action=" not in recorded.target:
                return await _plain(recorded, stage, browser)
            return await _action(recorded, stage, browser)
    finally:
        stage.peer.claims = kept


async def _plain(recorded: Exchange, stage: Stage, browser: Browser) -> Page:
    """A start, or another endpoint; 4 is the callback of a flow, in the browser that began (see the page)."""
    if recorded.number == 4:
        client = FlowClient(browser)
        url = await client.to_provider(provider="custom_entra", redirect_to=APP)
        return await browser.get(stage.to_provider((await browser.get(url)).location or ""))
    values = {}
    if recorded.number == 63:
        stage.session, _ = await stage.signed_in()
    if recorded.number == 8:
        client, code = await stage.flow(browser, verifier=None)
        await client.exchange(code, None)
        values = {"jwt": browser.cookie("hanko") or ""}
    return await stage.send(recorded, browser, **values)


async def _action(recorded: Exchange, stage: Stage, browser: Browser) -> Page:
    flow = recorded.target.partition("?")[0].strip("/")
    name = recorded.target.partition("action=")[2].partition("%40")[0]
    if flow == "profile":
        client, code = await _profile(recorded, stage, browser, name)
    else:
        client, code = await _login(recorded, stage, browser, flow, name)
    offered = next(iter(client.state["actions"].values()), {"href": f"%40{_FOREIGN}"})
    values = {
        "flow": _FOREIGN if recorded.number == 34 else offered["href"].rpartition("%40")[2],
        "csrf": _csrf(recorded.number, client),
        "hanko_token": code,
    }
    if recorded.number == 43:
        stage.clock.advance(DAY + 1)
    return await stage.send(_with_input(recorded, client), browser, **values)


def _csrf(number: int, client: FlowClient) -> str:
    return "wrong" if number in {26, 31} else str(client.state["csrf_token"])


def _with_input(recorded: Exchange, client: FlowClient) -> Exchange:
    """With the ids of this profile where the recording has those of its own, and an input where it was left out."""
    body = recorded.body or ""
    body = body.replace('"input_data": …', '"input_data": {}')
    if client.state["name"] == "profile_init":
        payload = client.state["payload"]
        other = next((each["id"] for each in payload["sessions"] if not each["current"]), _FOREIGN)
        own = next(each["id"] for each in payload["sessions"] if each["current"])
        identity = payload["user"]["identities"][-1]["identity_id"]
        body = body.replace("<session_id>", own)
        body = body.replace("<uuid>", identity if "identity_id" in body else other)
    members = {**vars(recorded), "body": None if recorded.body is None else body}
    return Exchange(**members)


async def _login(recorded: Exchange, stage: Stage, browser: Browser, flow: str, name: str) -> tuple[FlowClient, str]:
    client = FlowClient(browser)
    needs_code = name == "exchange_token"
    if recorded.number == 42:
        flow = "login"
    if name == "register_client_capabilities":
        await client.start(flow)
    elif needs_code:
        return await _with_code(recorded, stage, browser, flow)
    elif name == "back" or recorded.number in {31, 32}:
        await client.to_provider(flow=flow, provider="custom_entra", redirect_to=APP, verifier=None)
    else:
        await client.to_login_page(flow)
    return client, ""


async def _with_code(recorded: Exchange, stage: Stage, browser: Browser, flow: str) -> tuple[FlowClient, str]:
    verifier = VERIFIER if recorded.number in {5, 6, 7} else None
    client, code = await stage.flow(browser, verifier=verifier, flow=flow, subject=_subject(recorded))
    if recorded.number == 15:
        code = await stage.code()
    elif recorded.number in {16, 49}:
        before, after = client.state, await client.exchange(code, None)
        client.state = before if recorded.number == 16 else {**before, "csrf_token": after["csrf_token"]}
    elif recorded.number == 17:
        stage.clock.advance(61)
    return client, code


async def _profile(recorded: Exchange, stage: Stage, browser: Browser, name: str) -> tuple[FlowClient, str]:
    for _ in range(2):
        stage.session, _id = await stage.signed_in(subject=_subject(recorded))
    client = FlowClient(browser, headers={"Authorization": f"Bearer {stage.session}"})
    await client.start("profile")
    code = ""
    if name != "register_client_capabilities":
        await client.run("register_client_capabilities", {})
    if recorded.number == _PROFILE_CODE:
        code = await stage.connected_code(browser, client)
    return client, code


def _subject(recorded: Exchange) -> str:
    return _PEOPLE.get(recorded.number, ("s1", {}))[0]
