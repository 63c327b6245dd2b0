"""Steps of which many attacks are made: an honest callback URL, opened in another way than it should be."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote, urlencode

from tests.browsers import Page
from tests.stage import Stage, parameters_of

Act = Callable[[Stage], Awaitable[Page]]
Pairs = Sequence[tuple[str, str]]
CALLBACK = "/thirdparty/callback"
APP_URL = "http://localhost:8888/"


def callback(pairs: Pairs) -> str:
    """A callback with these parameters, in this order."""
    return f"{CALLBACK}?{urlencode(pairs)}"


def altered(change: Callable[[dict[str, str]], Pairs], *, person: str = "alice") -> Act:
    """The victim's own callback, its parameters replaced by what `change` makes of them."""

    async def act(stage: Stage) -> Page:
        given = parameters_of(await stage.victim.at_callback(person))
        return await stage.victim.get(callback(change(given)))

    return act


def with_raw_query(query: Callable[[dict[str, str]], str]) -> Act:
    """The victim's own callback with a query that no form would encode like that."""

    async def act(stage: Stage) -> Page:
        given = parameters_of(await stage.victim.at_callback("alice"))
        return await stage.victim.get(f"{CALLBACK}?{query(given)}")

    return act


def requested(method: str = "GET", path: str = CALLBACK, **headers: str) -> Act:
    """The victim's own callback by another method, at another path, or with these headers."""

    async def act(stage: Stage) -> Page:
        given = parameters_of(await stage.victim.at_callback("alice"))
        return await stage.victim.send(method, f"{path}?{urlencode(given)}", headers=headers)

    return act


def posted(content_type: str, body: Callable[[dict[str, str]], bytes] | None = None) -> Act:
    """The victim's own answer in a body."""

    async def act(stage: Stage) -> Page:
        given = parameters_of(await stage.victim.at_callback("alice"))
        data = urlencode(given).encode() if body is None else body(given)
        return await stage.victim.send("POST", CALLBACK, headers={"Content-Type": content_type}, data=data)

    return act


def with_cookies(make: Callable[[Stage, str], Awaitable[str]], *, person: str = "alice") -> Act:
    """The victim's callback in the attacker's browser, whose `Cookie` header `make` writes."""

    async def act(stage: Stage) -> Page:
        url = await stage.victim.at_callback(person)
        async with stage.broker.browser() as other:
            return await other.get(url, Cookie=await make(stage, url))

    return act


def started(query: str = "", **parameters: str) -> Act:
    """A start with these parameters; `query` is appended as it stands."""

    async def act(stage: Stage) -> Page:
        given = {"provider": "microsoft", "redirect_to": APP_URL, **parameters}
        kept = urlencode({name: value for name, value in given.items() if value != "-"}, quote_via=quote)
        return await stage.victim.get(f"/thirdparty/auth?{kept}{query}")

    return act
