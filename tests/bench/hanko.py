"""A sign-in by Hanko's clients: the Flow API from the first request to the session, and the classic way beside it."""

import json
from typing import Any

import aiohttp
from yarl import URL

from tests.bench.measures import PEOPLE, Figure, client, measured, repeat, step
from tests.bench.server import Served

WARM_UP = 40
_VERIFIER = "Ab" * 32
_PAGE = "http://localhost:8888/page"
_JSON = {"Content-Type": "application/json"}


async def flows(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of a whole sign-in by a flow: four requests of the component, and the page loads there and back."""
    async with client() as http:

        async def one(number: int) -> None:
            await _flow(http, server.url, PEOPLE[number % len(PEOPLE)])

        await repeat(one, WARM_UP)
        return [await measured(server, one, count, name=f"sign-in by a flow, {engine}")]


async def classic(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of `GET /thirdparty/auth`, callback and `POST /token`, which makes the session."""
    async with client() as http:

        async def one(number: int) -> None:
            await _classic(http, server.url, PEOPLE[number % len(PEOPLE)])

        await repeat(one, WARM_UP)
        return [await measured(server, one, count, name=f"sign-in by POST /token, {engine}")]


async def _flow(http: aiohttp.ClientSession, url: str, person: str) -> None:
    state = await _post(http, f"{url}/login", None)
    state = await _act(http, url, state, "register_client_capabilities", {"webauthn_available": False})
    inputs = {"provider": "microsoft", "redirect_to": _PAGE, "code_verifier": _VERIFIER}
    state = await _act(http, url, state, "thirdparty_oauth", inputs)
    token = await _through_provider(http, state["payload"]["redirect_url"], person)
    state = await _act(http, url, state, "exchange_token", {"token": token, "code_verifier": _VERIFIER})
    if state["name"] != "success":
        raise RuntimeError(f"the flow ended at {state['name']}")


async def _classic(http: aiohttp.ClientSession, url: str, person: str) -> None:
    token = await _through_provider(http, f"{url}/thirdparty/auth?provider=microsoft&redirect_to={_PAGE}", person)
    async with http.post(f"{url}/token", data=json.dumps({"value": token}), headers=_JSON) as answer:
        if answer.status != 200:
            raise RuntimeError(f"/token: {answer.status}")


async def _through_provider(http: aiohttp.ClientSession, start: str, person: str) -> str:
    cookie, location = await step(http, start, {})
    _, location = await step(http, f"{location}&login_hint=auto:{person}", {})
    _, location = await step(http, location, {"Cookie": cookie.partition(";")[0]})
    return URL(location).query["hanko_token"]


async def _act(
    http: aiohttp.ClientSession, url: str, state: dict[str, Any], action: str, inputs: dict[str, Any]
) -> dict[str, Any]:
    body = {"input_data": inputs, "csrf_token": state["csrf_token"]}
    return await _post(http, url + state["actions"][action]["href"], body)


async def _post(http: aiohttp.ClientSession, url: str, body: object) -> dict[str, Any]:
    data = None if body is None else json.dumps(body)
    async with http.post(URL(url, encoded=True), data=data, headers=_JSON) as answer:
        found: dict[str, Any] = await answer.json()
        return found
