"""The recorded REST endpoints, played: what each exchange needs before it is sent."""

from tests.browsers import Page
from tests.contract.hanko.golden.exchanges import Exchange
from tests.contract.hanko.golden.stage import Stage

_FRESH, _USED, _EXPIRED = {1, 5, 58}, {2}, {4}


_LIMITED = {55: 0, 56: 2, 57: 3, 58: 0, 59: 0}
"""How many requests came before, where three a minute are allowed."""


async def play(recorded: Exchange, stage: Stage) -> Page:
    """Set the scene, send the request."""
    values = await _values(recorded, stage)
    async with stage.browser() as browser:
        before = _LIMITED.get(recorded.number)
        if before is None:
            return await stage.send(recorded, browser, **values)
        await stage.broker.reload({"rate_limiter": {"tokens": "3/m"}})
        stage.counted_as(f"203.0.113.{recorded.number}")
        for _ in range(before):
            await browser.send("POST", "/token", headers=stage.counted)
        page = await stage.send(recorded, browser, **values)
        await stage.broker.reload({})
        return page


async def _values(recorded: Exchange, stage: Stage) -> dict[str, str]:
    number = recorded.number
    if "<hanko_token>" in (recorded.body or ""):
        return {"hanko_token": await _code(number, stage)}
    if number == 11:
        return {"jwt": stage.session[:-4] + ("AAAA" if stage.session[-4:] != "AAAA" else "BBBB")}
    if number == 12:
        return {"jwt with alg none and no signature": "eyJhbGciOiJub25lIn0." + stage.session.split(".")[1] + "."}
    if number == 32:
        stage.peer.claims["email"] = "jane-second@example.com"
        token, _ = await stage.signed_in()
        stage.peer.claims["email"] = "jane@example.com"
        return {"jwt": token}
    if number in (33, 34, 35, 36):
        return {"jwt": await _ended_or_not(number, stage)}
    return {}


async def _code(number: int, stage: Stage) -> str:
    if number not in _FRESH | _USED | _EXPIRED:
        return "never-stored"
    code = await stage.code()
    if number in _USED:
        async with stage.browser() as browser:
            await browser.send("POST", "/token", json={"value": code})
    if number in _EXPIRED:
        stage.clock.advance(61)
    return code


async def _ended_or_not(number: int, stage: Stage) -> str:
    """33: the oldest of six; 34: alive; after it: signed out."""
    token, _ = await stage.signed_in()
    if number == 33:
        for _ in range(5):
            stage.session, _ = await stage.signed_in()
    elif number > 34:
        async with stage.browser() as browser:
            await browser.send("POST", "/logout", headers={"Authorization": f"Bearer {token}"})
    return token
