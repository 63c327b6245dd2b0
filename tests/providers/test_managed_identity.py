"""A machine's own token, asked of a place that answers over real HTTP."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.clock import FrozenClock
from broker.errors import ConfigError, UpstreamUnavailable
from broker.net.client import OutboundClient
from broker.providers.credentials.credential import CredentialUnusable, TokenRequest
from broker.providers.credentials.managed_identity import ManagedIdentity, place_of
from tests.servers import loopback_socket, port_of, serving

AUDIENCE = "api://AzureADTokenExchange"
IDENTITY = "5a1e0000-0000-4000-8000-000000000001"
REQUEST = TokenRequest(client_id="c", endpoint="https://e/token", audience="https://e/token", form={"code": "x"})


class Place:
    """What a machine asks who it is: answers a token with a new number each time, unless told otherwise."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.next: deque[Response] = deque()
        self.slept: list[float] = []
        self.came = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def answer(self, request: Request) -> Response:
        self.asked.append((request.url.path, dict(request.query_params), dict(request.headers)))
        self.came.set()
        await self.gate.wait()
        return self.next.popleft() if self.next else self.token(expires_in="3600")

    def token(self, **members: Any) -> Response:
        return JSONResponse({"access_token": f"a.b{len(self.asked)}.c", "token_type": "Bearer", **members})

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)


@asynccontextmanager
async def machine(**environ: str) -> AsyncIterator[tuple[ManagedIdentity, Place]]:
    """A machine with this environment; IMDS is moved to loopback."""
    clock = FrozenClock()
    place, listener = Place(clock), loopback_socket()
    base = f"http://127.0.0.1:{port_of(listener)}"
    variables = {name: value.replace("BASE", base) for name, value in environ.items()}
    found = place_of(variables, audience=AUDIENCE, identity_client_id=IDENTITY)
    client = OutboundClient(provider="microsoft", clock=clock, plain_http_to=urlsplit(found.url).hostname)
    app = Starlette()
    app.add_route("/{path:path}", place.answer)
    identity = ManagedIdentity(id="mi", place=found, client=client, clock=clock, sleep=place.sleep)
    async with serving(app, listener):
        yield identity, place
        await identity.close()


def imds() -> Any:
    return machine(AZURE_POD_IDENTITY_AUTHORITY_HOST="BASE/")


async def shown(identity: ManagedIdentity) -> str:
    return parse_qs((await identity.prepare(REQUEST)).body)["client_assertion"][0]


async def test_a_virtual_machine_asks_its_metadata_service() -> None:
    async with imds() as (identity, place):
        assert await shown(identity) == "a.b1.c"
        ((path, query, headers),) = place.asked
        assert path == "/metadata/identity/oauth2/token"
        assert query == {"api-version": "2018-02-01", "resource": AUDIENCE, "client_id": IDENTITY}
        assert headers["metadata"] == "true"


async def test_app_service_asks_the_endpoint_that_the_environment_names() -> None:
    async with machine(IDENTITY_ENDPOINT="BASE/msi/token", IDENTITY_HEADER="its-secret") as (identity, place):
        place.next.append(place.token(expires_on=str(place.clock.now() + 3600)))
        assert await shown(identity) == "a.b0.c"
        ((path, query, headers),) = place.asked
        assert path == "/msi/token"
        assert query == {"api-version": "2019-08-01", "resource": AUDIENCE, "client_id": IDENTITY}
        assert headers["x-identity-header"] == "its-secret"
        assert "metadata" not in headers
        assert "its-secret" not in repr(identity) + repr(identity.standing())


def test_without_a_word_in_the_environment_it_is_the_metadata_service() -> None:
    found = place_of({"IDENTITY_ENDPOINT": "http://x/"}, audience=AUDIENCE, identity_client_id=None)
    assert found.url == (
        "http://169.254.169.254/metadata/identity/oauth2/token"
        "?api-version=2018-02-01&resource=api%3A%2F%2FAzureADTokenExchange"
    )


@pytest.mark.parametrize(
    ("members", "kept"),
    [({"expires_in": "3600"}, 1800), ({"expires_in": 86_400, "refresh_in": "43200"}, 43_200), ({"expires_in": "2"}, 1)],
)
async def test_a_token_is_kept_until_it_should_be_renewed_or_for_half_its_life(
    members: dict[str, Any], kept: int
) -> None:
    async with imds() as (identity, place):
        place.next.append(place.token(**members))
        assert await shown(identity) == "a.b0.c"
        place.clock.advance(kept - 1)
        assert await shown(identity) == "a.b0.c"
        place.clock.advance(1)
        assert await shown(identity) == "a.b2.c"


async def test_one_fetch_serves_all_who_wait_and_survives_the_one_who_left() -> None:
    async with imds() as (identity, place):
        place.gate.clear()
        waiting = [asyncio.create_task(shown(identity)) for _ in range(5)]
        await place.came.wait()
        waiting[0].cancel()
        place.gate.set()
        await asyncio.gather(waiting[0], return_exceptions=True)
        assert waiting[0].cancelled()
        assert await asyncio.gather(*waiting[1:]) == ["a.b1.c"] * 4
        assert len(place.asked) == 1


@pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
async def test_a_place_that_is_busy_is_asked_three_times(status: int) -> None:
    async with imds() as (identity, place):
        headers = {"retry-after": "1"} if status == 429 else {}
        place.next.extend(Response(status_code=status, headers=headers) for _ in range(2))
        assert await shown(identity) == "a.b3.c"
        assert place.slept == ([1, 1.6] if status == 429 else [0.8, 1.6])


async def test_after_the_third_time_another_try_may_help() -> None:
    async with imds() as (identity, place):
        place.next.extend(Response(status_code=503) for _ in range(3))
        with pytest.raises(CredentialUnusable, match="HTTP 503") as caught:
            await identity.prepare(REQUEST)
        assert (caught.value.temporary, len(place.asked)) == (True, 3)


async def test_a_long_wait_is_nobodys_to_wait() -> None:
    async with imds() as (identity, place):
        place.next.append(Response(status_code=429, headers={"retry-after": "60"}))
        with pytest.raises(CredentialUnusable, match="429") as caught:
            await identity.prepare(REQUEST)
        assert (caught.value.temporary, place.slept) == (True, [])


REFUSALS = [
    Response('{"error": "invalid_request", "error_description": "Identity not found"}', status_code=400),
    JSONResponse({"access_token": "a.b.c"}),
    JSONResponse({"access_token": "a.b.c", "expires_in": "0"}),
    JSONResponse({"access_token": "a.b.c&x=y", "expires_in": "3600"}),
    JSONResponse({"expires_in": "3600"}),
    Response("<html>"),
]


@pytest.mark.parametrize("answer", REFUSALS)
async def test_an_answer_that_is_no_token_is_told_and_asked_for_once(answer: Response) -> None:
    async with imds() as (identity, place):
        place.next.append(answer)
        with pytest.raises(CredentialUnusable, match="managed identity: ") as caught:
            await identity.prepare(REQUEST)
        assert (caught.value.temporary, len(place.asked)) == (False, 1)


async def test_a_token_that_is_still_good_serves_while_the_place_is_down() -> None:
    async with imds() as (identity, place):
        assert await shown(identity) == "a.b1.c"
        place.clock.advance(1800)
        place.next.extend(Response(status_code=503) for _ in range(3))
        assert [await shown(identity) for _ in range(3)] == ["a.b1.c"] * 3
        assert len(place.asked) == 4, "for half a minute nobody waits for it again"
        place.clock.advance(1800)
        place.next.extend(Response(status_code=503) for _ in range(3))
        with pytest.raises(CredentialUnusable):
            await shown(identity)


async def test_a_refused_token_is_fetched_anew_and_is_no_news() -> None:
    async with imds() as (identity, _):
        before = identity.material()
        assert await shown(identity) == "a.b1.c"
        identity.refused()
        assert await shown(identity) == "a.b2.c"
        assert identity.material() == before


@pytest.mark.parametrize(
    "environ",
    [
        {"IDENTITY_ENDPOINT": "http://[/msi/token", "IDENTITY_HEADER": "x"},
        {"IDENTITY_ENDPOINT": "http://127.0.0.1/msi/token", "IDENTITY_HEADER": "hidden\n"},
        {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://["},
    ],
)
def test_an_environment_that_no_request_can_be_made_of_is_a_mistake_of_the_configuration(
    environ: dict[str, str],
) -> None:
    with pytest.raises(ConfigError, match="IDENTITY_") as caught:
        place_of(environ, audience=AUDIENCE, identity_client_id=None)
    assert "hidden" not in str(caught.value)


async def test_no_other_host_is_asked_in_the_open() -> None:
    client = OutboundClient(provider="microsoft", clock=FrozenClock(), plain_http_to="169.254.169.254")
    for url in ("http://169.254.169.253/", "http://example.com/", "https://10.0.0.1/"):
        with pytest.raises(UpstreamUnavailable, match=r"only https|private address"):
            await client.get(url, kind="x")
    await client.close()
