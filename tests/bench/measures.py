"""What is measured: whole sign-ins, checks of a session, the start, memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from tests.bench.server import Served

PEOPLE = ("alice", "bob", "carol", "dave", "erin", "ivan", "nina", "mallory")
AT_ONCE = 8
WARM_UP = 40


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line: `value` in `unit`, and how fast the whole went while it was measured."""

    name: str
    value: float
    unit: str
    remark: str = ""

    def line(self) -> str:
        """For people."""
        return f"{self.name:<34} {self.value:>9.3f} {self.unit:<8} {self.remark}".rstrip()


async def logins(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of a whole sign-in: start, callback (code redeemed, token verified, session written)."""
    async with client() as http:

        async def one(number: int) -> None:
            await sign_in(http, server.url, PEOPLE[number % len(PEOPLE)])

        await repeat(one, WARM_UP)
        return [await measured(server, one, count, name=f"sign-in, {engine}")]


async def validate(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of `GET /sessions/validate`, which reads the session's row."""
    return await _session_calls(server, "/sessions/validate", count=count, name=f"validate, {engine}")


async def me(server: Served, *, count: int, engine: str) -> list[Figure]:
    """CPU of `GET /me`."""
    return await _session_calls(server, "/me", count=count, name=f"me, {engine}")


async def sign_in(http: aiohttp.ClientSession, url: str, person: str) -> str:
    """A whole sign-in as a browser does it; answers the session token."""
    start = f"{url}/thirdparty/auth?provider=microsoft&redirect_to=http://localhost:8888/&login_hint=auto:{person}"
    cookie, location = await step(http, start, {})
    sent = {"Cookie": cookie.partition(";")[0]}
    _, location = await step(http, location, {})
    cookie, location = await step(http, location, sent)
    if location != "http://localhost:8888/":
        raise RuntimeError(f"the sign-in ended at {location}")
    return cookie.partition("=")[2].partition(";")[0]


async def _session_calls(server: Served, path: str, *, count: int, name: str) -> list[Figure]:
    async with client() as http:
        token = await sign_in(http, server.url, "alice")
        headers = {"Authorization": f"Bearer {token}"}

        async def one(_number: int) -> None:
            async with http.get(server.url + path, headers=headers) as answer:
                body = await answer.read()
                if answer.status != 200 or b"false}" in body[:30]:
                    raise RuntimeError(f"{path}: {answer.status}")

        await repeat(one, WARM_UP)
        return [await measured(server, one, count, name=name)]


async def measured(server: Served, one: Callable[[int], Awaitable[None]], count: int, *, name: str) -> Figure:
    """CPU time of the server for each unit of work."""
    cpu, began = server.cpu_seconds(), time.perf_counter()
    await repeat(one, count)
    cpu, took = server.cpu_seconds() - cpu, time.perf_counter() - began
    return Figure(name=name, value=cpu * 1000 / count, unit="CPU ms", remark=f"{count / took:.0f}/s, {AT_ONCE} at once")


async def repeat(one: Callable[[int], Awaitable[None]], count: int) -> None:
    """Do it so often, some at once."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def step(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> tuple[str, str]:
    """One page load: the cookie that it set, and where it leads."""
    async with http.get(URL(url, encoded=True), headers=headers, allow_redirects=False) as answer:
        if answer.status not in (302, 303):
            raise RuntimeError(f"{url}: {answer.status}")
        return answer.headers.get("Set-Cookie", ""), answer.headers["Location"]


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield http


def database_in(folder: Path) -> str:
    """A SQLite database of this run's own."""
    return f"sqlite:///{(folder / 'broker.db').absolute()}"
