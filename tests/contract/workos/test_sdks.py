"""The published SDKs of WorkOS, newest version and the one before, run unchanged against the broker.

What each cell of the table in docs/workos.md stands for is called here; the run prints it when it ends.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.contract.workos.applications import served
from tests.contract.workos.sdks.matrix import Call, missing, problems, recorded
from tests.contract.workos.sdks.running import (
    NODE_PACKAGES,
    PYTHON_VERSIONS,
    calls_of_node,
    calls_of_python,
    npm_version,
    served_to_sdks,
)
from tests.peers.microsoft import MicrosoftPeer

pytestmark = pytest.mark.npm

MICROSOFT = "third_party.providers.microsoft"
SDKS = [
    *((f"Python {version}", calls_of_python, version) for version in PYTHON_VERSIONS),
    *((f"Node {npm_version(package)}", calls_of_node, package) for package in NODE_PACKAGES),
]


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    changes = {**served(*served_to_sdks()), f"{MICROSOFT}.extra_scopes_allowed": ["User.Read", "Mail.Read"]}
    changes[f"{MICROSOFT}.logout.rp_initiated"] = True
    changes["server.trusted_proxies"] = ["127.0.0.1"]
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


@pytest.mark.parametrize(("name", "calls_of", "version"), SDKS, ids=[name for name, *_ in SDKS])
async def test_published_sdk_calls_every_row_that_it_has(
    broker: RunningBroker,
    emulator: MicrosoftPeer,
    record_property: Callable[[str, object], None],
    name: str,
    calls_of: Callable[[str, RunningBroker, str], Awaitable[list[Call]]],
    version: str,
) -> None:
    calls = await calls_of(version, broker, emulator.base_url)

    record_property(*recorded(name, calls))
    assert "\n".join(problems(calls)) == ""
    assert missing(calls) == set()
