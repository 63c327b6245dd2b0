"""What WorkOS' clients cost: a whole sign-in up to the tokens, the exchange of its code alone, and a refresh."""

import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tests.bench.measures import PEOPLE, Figure, client, measured, repeat, step
from tests.bench.server import API_KEY, CLIENT_ID, REDIRECT_URI, Served

WARM_UP = 40
MOST_WAITING = 40
"""Codes that are asked for ahead: each lives for a minute, and its user has five sessions at most."""
_JSON = {"Content-Type": "application/json"}


async def sign_ins(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of the start, the callback and `POST /user_management/authenticate`."""
    async with client() as http:

        async def one(number: int) -> None:
            await _exchange(http, server.url, await _code(http, server.url, number))

        await repeat(one, WARM_UP)
        return [await measured(server, one, count, name=f"sign-in, authenticate, {engine}")]


async def authenticate(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of exchanging a code, without the sign-in that it came from."""
    async with client() as http:
        codes: list[str] = []

        async def asked(number: int) -> None:
            codes.append(await _code(http, server.url, number))

        async def one(_number: int) -> None:
            await _exchange(http, server.url, codes.pop())

        figures = []
        for _ in range(max(1, count // MOST_WAITING)):
            await repeat(asked, MOST_WAITING)
            figures.append(await measured(server, one, MOST_WAITING, name=f"authenticate, {engine}"))
        mean = sum(figure.value for figure in figures) / len(figures)
        return [Figure(name=figures[0].name, value=mean, unit="CPU ms", remark=f"{MOST_WAITING} codes at a time")]


async def refresh(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of renewing by a refresh token, in a few sessions that take turns."""
    async with client() as http:
        tokens = [
            (await _exchange(http, server.url, await _code(http, server.url, number)))["refresh_token"]
            for number in range(len(PEOPLE))
        ]

        async def one(_number: int) -> None:
            body = {"grant_type": "refresh_token", "refresh_token": tokens.pop()}
            tokens.append((await _post(http, server.url, body))["refresh_token"])

        await repeat(one, WARM_UP)
        return [await measured(server, one, count, name=f"refresh, {engine}")]


async def _code(http: aiohttp.ClientSession, url: str, number: int) -> str:
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "provider": "MicrosoftOAuth",
        "login_hint": f"auto:{PEOPLE[number % len(PEOPLE)]}",
    }
    cookie, location = await step(http, f"{url}/user_management/authorize?{urlencode(asked)}", {})
    _, location = await step(http, location, {})
    _, location = await step(http, location, {"Cookie": cookie.partition(";")[0]})
    return URL(location).query["code"]


async def _exchange(http: aiohttp.ClientSession, url: str, code: str) -> dict[str, Any]:
    return await _post(http, url, {"grant_type": "authorization_code", "code": code})


async def _post(http: aiohttp.ClientSession, url: str, body: dict[str, str]) -> dict[str, Any]:
    data = json.dumps({"client_id": CLIENT_ID, "client_secret": API_KEY, **body})
    async with http.post(f"{url}/user_management/authenticate", data=data, headers=_JSON) as answer:
        found: dict[str, Any] = await answer.json()
        if answer.status != 200:
            raise RuntimeError(f"authenticate: {answer.status} {found}")
        return found
