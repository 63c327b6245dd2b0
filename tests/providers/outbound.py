"""The outbound client by itself, and a server that says whatever a test wants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from broker.net.client import OutboundClient
from tests.peers.raw_http import RawServer, Reply, running
from tests.providers.stage import TestClock, Watch

LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@asynccontextmanager
async def a_client(
    *,
    named_hosts: frozenset[str] = LOOPBACK,
    watch: Watch | None = None,
    clock: TestClock | None = None,
    total_seconds: float = 5.0,
) -> AsyncIterator[OutboundClient]:
    client = OutboundClient(
        provider="microsoft",
        clock=clock or TestClock(),
        named_hosts=named_hosts,
        observe=(watch or Watch()).call,
        connect_seconds=0.5,
        total_seconds=total_seconds,
    )
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    raw = RawServer()
    async with running(raw):
        yield raw


def says(server: RawServer, reply: Reply) -> str:
    server.standing["/it"] = reply
    return f"{server.base_url}/it"
