"""The person's own session may read their token where the operator says so, by scripts of listed pages alone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from broker.models.browsers import Browser as Device
from broker.models.events import NOBODY
from tests.browsers import Page
from tests.contract.plain.calls import bearer, token_of, told
from tests.grants.stage import MICROSOFT, Keeper, keeping

PATH = "/provider-tokens/microsoft"
APP = "https://app.example.com"
IN_CORS_ONLY = "http://localhost:8888"
BY_SESSION: Mapping[str, Any] = {f"{MICROSOFT}.provider_tokens": {"by_session": True, "origins": [APP]}}
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture
async def open_keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    async with keeping(tmp_path, changes=BY_SESSION) as one:
        yield one


async def asked_by(keeper: Keeper, headers: Mapping[str, str], *, query: str = "") -> Page:
    return await keeper.browser.send("GET", PATH + query, headers=headers)


async def test_script_of_a_listed_page_is_given_the_persons_token(open_keeper: Keeper) -> None:
    alice = await open_keeper.signed_in()
    page = await asked_by(open_keeper, {"Origin": APP, "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "cross-site"})
    assert (page.status, page.headers[ALLOW], page.headers["Cache-Control"]) == (200, APP, "no-store")
    assert page.headers["Access-Control-Allow-Credentials"] == "true"
    assert told(page)["access_token"] == (await open_keeper.tokens(alice)).access_token
    same_origin = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}
    assert (await asked_by(open_keeper, same_origin)).status == 200
    token = token_of(open_keeper.browser)
    open_keeper.browser.drop_cookies()
    assert (await asked_by(open_keeper, {"Origin": APP, **bearer(token)})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": IN_CORS_ONLY},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": f"{APP}.attacker.example"},
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"},
        {"Origin": APP, "Sec-Fetch-Dest": "image"},
    ],
    ids=str,
)
async def test_whatever_else_comes_with_a_session_is_refused(headers: dict[str, str], open_keeper: Keeper) -> None:
    await open_keeper.signed_in()
    page = await asked_by(open_keeper, headers)
    assert (page.status, "access_token" in page.text) == (403, False)
    assert page.headers.get(ALLOW) in (None, APP)


async def test_preflight_of_that_path_goes_by_its_own_list(open_keeper: Keeper) -> None:
    async def preflight(path: str, origin: str) -> str | None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        page = await open_keeper.browser.send("OPTIONS", path, headers=headers)
        return page.headers.get(ALLOW)

    assert await preflight(PATH, APP) == APP
    assert await preflight(PATH, IN_CORS_ONLY) is None
    assert await preflight("/provider-tokens/nobody", APP) is None
    assert await preflight("/me", APP) is None
    assert await preflight("/me", IN_CORS_ONLY) == IN_CORS_ONLY


async def test_without_session_nobody_is_answered(open_keeper: Keeper) -> None:
    assert (await asked_by(open_keeper, {"Origin": APP})).status == 401


async def test_nobody_reads_anothers_token_by_naming_it(open_keeper: Keeper) -> None:
    alice = await open_keeper.signed_in()
    hers = (await open_keeper.grant(alice)).identity_id
    async with open_keeper.broker.browser() as browser:
        await open_keeper.signed_in("bob", browser)
        page = await browser.send("GET", f"{PATH}?identity_id={hers}", headers={"Origin": APP})
        assert (page.status, told(page)["error"]) == (404, "not_kept")
    assert (await asked_by(open_keeper, {"Origin": APP}, query=f"?identity_id={hers}")).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {f"{MICROSOFT}.provider_tokens": {}},
        {
            f"{MICROSOFT}.return_provider_tokens": False,
            f"{MICROSOFT}.provider_tokens": {},
            f"{MICROSOFT}.recheck": "4h",
        },
        {f"{MICROSOFT}.return_provider_tokens": False, f"{MICROSOFT}.provider_tokens": {}},
    ],
    ids=["not by session", "kept to ask again", "not kept"],
)
async def test_where_it_is_off_there_is_nothing(changes: Mapping[str, Any], open_keeper: Keeper) -> None:
    alice = await open_keeper.signed_in()
    await open_keeper.broker.reload(changes)
    for headers in ({"Origin": APP}, {"Sec-Fetch-Site": "same-origin"}):
        page = await asked_by(open_keeper, headers)
        assert (page.status, page.headers.get(ALLOW)) == (404, None)
    handed_out = f"{MICROSOFT}.return_provider_tokens" not in changes
    assert (await open_keeper.read(alice)).status == (200 if handed_out else 404)


async def test_session_that_ends_while_microsoft_is_asked_is_given_nothing(open_keeper: Keeper) -> None:
    await open_keeper.signed_in()
    session_id = (told(await open_keeper.browser.get("/sessions")))[0]["id"]
    open_keeper.later(3 * 3600)
    await open_keeper.emulator.fault("token", delay=0.3)
    reading = asyncio.create_task(asked_by(open_keeper, {"Origin": APP}))
    await open_keeper.until_asked(2)
    await open_keeper.broker.application.broker.sessions.end(session_id, user_id=None, reason="revoked")
    assert (await reading).status == 401


async def test_session_that_an_operators_key_made_reads_no_token_of_the_person(open_keeper: Keeper) -> None:
    """A key for `sessions:write` is none for `provider_tokens:read`, and a program sends what `Origin` it likes."""
    alice = await open_keeper.signed_in()
    hers = (await open_keeper.grant(alice)).identity_id
    on_behalf = open_keeper.broker.application.broker.on_behalf
    minted = await on_behalf.issue(alice, browser=Device(), requester=NOBODY, api_key="program")
    open_keeper.browser.drop_cookies()
    for query in ("", f"?identity_id={hers}"):
        page = await asked_by(open_keeper, {"Origin": APP, **bearer(minted)}, query=query)
        assert (page.status, told(page)["error"]) == (404, "not_kept")
