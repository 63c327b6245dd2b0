"""A running broker tells when its credentials expire: in its figures, and in its log once a day."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

import aiohttp
import pytest
import structlog

from broker.clock import FrozenClock
from broker.telemetry.logging import configure
from tests.brokers import running_broker

MICROSOFT = "third_party.providers.microsoft"
# FrozenClock begins on 2026-09-21.
SECRETS = [
    {"value": "first~secret", "id": "spring", "expires_on": "2026-09-20"},
    {"value": "second~secret", "id": "autumn", "expires_on": "2026-10-01"},
    {"value": "third~secret", "id": "next", "expires_on": "2027-10-01"},
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with redirect_stderr(io.StringIO()) as written:
        configure(level="info", style="json")
    yield written
    structlog.reset_defaults()


async def test_expiry_is_a_figure_and_a_line_a_day(tmp_path: Path, log: io.StringIO) -> None:
    changes = {
        f"{MICROSOFT}.cloud": "custom",
        f"{MICROSOFT}.authority": "http://localhost:1",
        f"{MICROSOFT}.client_id": "0f6b3a1e-8d0c-4a53-9f7e-2f1f0c8f1a11",
        f"{MICROSOFT}.credentials": SECRETS,
    }
    async with running_broker(base_dir=tmp_path, changes=changes, clock=FrozenClock()) as broker:
        broker.application.work()
        async with aiohttp.ClientSession() as http, http.get(f"{broker.admin_url}/metrics") as answer:
            figures = await answer.text()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [(line["level"], line["event"], line["credential"], line["days"]) for line in lines if "days" in line]
    assert told == [
        ("error", "a credential has expired", "spring", -1),
        ("warning", "a credential is about to expire", "autumn", 10),
    ]
    name = "broker_provider_credential_expires_seconds"
    assert f'{name}{{credential="autumn",provider="microsoft"}} 1.7908992e+09' in figures
    assert f'{name}{{credential="next",provider="microsoft"}}' in figures
    assert "secret" not in "".join(line for line in figures.splitlines() if name in line)
