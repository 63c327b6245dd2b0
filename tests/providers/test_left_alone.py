"""When an endpoint is left alone: after failures in a row, and for as long as it asked us to wait."""

import pytest

from broker.errors import UpstreamUnavailable
from broker.net.client import OutboundClient
from tests.peers.raw_http import RawServer, Reply
from tests.providers.outbound import a_client, says, server
from tests.providers.stage import TestClock, Watch

__all__ = ["server"]


async def test_a_failing_endpoint_is_left_alone_and_the_others_are_not(server: RawServer) -> None:
    clock, watch = TestClock(), Watch()
    url = says(server, Reply(status=502, body=b"<html>", content_type="text/html"))
    server.routes["/other"] = lambda _request: Reply(body=b"{}")
    async with a_client(clock=clock, watch=watch) as client:
        for _ in range(5):
            assert (await client.get(url, kind="token")).status == 502
        assert "left alone" in await refused_as(client, url, "token")
        assert server.count("/it") == 5
        assert (await client.get(f"{server.base_url}/other", kind="keys")).status == 200
        clock.advance(15)
        server.standing["/it"] = Reply(body=b"{}")
        assert (await client.get(url, kind="token")).status == 200
    assert [outcome for _, _, outcome in watch.calls] == ["error"] * 5 + ["held", "ok", "ok"]


async def test_whoever_is_throttled_there_keeps_nobody_else_from_asking(server: RawServer) -> None:
    url = says(server, Reply(status=429, headers={"Retry-After": "600"}, body=b"Too Many Requests"))
    async with a_client(clock=TestClock()) as client:
        for whose in ("theirs", "theirs", "ours"):
            with pytest.raises(UpstreamUnavailable):
                await client.get(url, kind="graph", whose=whose)
        assert server.count("/it") == 2
        server.standing["/it"] = Reply(body=b"{}")
        with pytest.raises(UpstreamUnavailable, match="left alone"):
            await client.get(url, kind="graph", whose="theirs")
        assert (await client.get(url, kind="graph", whose="another")).status == 200


async def refused_as(client: OutboundClient, url: str, kind: str) -> str:
    with pytest.raises(UpstreamUnavailable) as caught:
        await client.get(url, kind=kind)
    assert caught.value.retry_after is not None
    return caught.value.detail


@pytest.mark.parametrize(
    ("status", "header", "held"),
    [
        (429, {"Retry-After": "60"}, 60),
        (429, {}, 5),
        (429, {"Retry-After": "0"}, 1),
        (429, {"Retry-After": "99999"}, 3600),
        (429, {"Retry-After": "soon"}, 5),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 5),
        (429, {"Retry-After": "٣"}, 5),
        (503, {"Retry-After": "60"}, 60),
    ],
)
async def test_a_wish_to_wait_is_honoured(server: RawServer, status: int, header: dict[str, str], held: int) -> None:
    clock = TestClock()
    utf8 = {name: value.encode().decode("latin-1") for name, value in header.items()}
    url = says(server, Reply(status=status, body=b"Too Many Requests", content_type="text/plain", headers=utf8))
    async with a_client(clock=clock) as client:
        if status == 429:
            with pytest.raises(UpstreamUnavailable) as caught:
                await client.get(url, kind="token")
            assert caught.value.retry_after == held
        else:
            await client.get(url, kind="token")
        server.standing["/it"] = Reply(body=b"{}")
        clock.advance(held - 0.5)
        await refused_as(client, url, "token")
        assert server.count("/it") == 1
        clock.advance(0.6)
        assert (await client.get(url, kind="token")).status == 200


@pytest.mark.parametrize(("status", "asked"), [(400, 7), (500, 7), (501, 7), (502, 5), (503, 5), (504, 5)])
async def test_codes_that_somebody_invents_do_not_stop_other_peoples_sign_ins(
    server: RawServer, status: int, asked: int
) -> None:
    """A token endpoint may answer an invented code by 500; only what says that it is down counts."""
    url = says(server, Reply(status=status, body=b"{}"))
    async with a_client() as client:
        for _ in range(7):
            try:
                await client.post_form(url, "code=invented", kind="token")
            except UpstreamUnavailable:
                continue
    assert server.count("/it") == asked


async def test_who_says_when_they_are_back_is_asked_again_then_however_often_they_said_it(server: RawServer) -> None:
    """Microsoft down for two seconds must not cost everybody fifteen: no guess of ours beside its own word."""
    clock = TestClock()
    url = says(server, Reply(status=503, body=b"{}", headers={"Retry-After": "1"}))
    async with a_client(clock=clock) as client:
        for _ in range(6):
            assert (await client.get(url, kind="token")).status == 503
            clock.advance(1.1)
        server.standing["/it"] = Reply(body=b"{}")
        assert (await client.get(url, kind="token")).status == 200
    assert server.count("/it") == 7
