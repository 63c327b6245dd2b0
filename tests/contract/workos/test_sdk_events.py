"""Webhooks and events for the published SDKs, unchanged: what is delivered is verified by their own code."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.contract.workos.applications import API_KEY, CLIENT_ID, application, served
from tests.contract.workos.people import USERS, called
from tests.contract.workos.sdks.running import HERE, NODE, NODE_PACKAGES, PYTHON_VERSIONS, node_sdk, python_program
from tests.contract.workos.sessions import begun
from tests.peers.microsoft import MicrosoftPeer
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.npm

SECRET = "a-secret-for-webhooks-0123456789"
CLASSES = ["UserCreated", "AuthenticationOAuthSucceeded", "SessionCreated", "UserUpdated"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer, receiver: Receiver) -> AsyncIterator[RunningBroker]:
    changes = served(application(webhook_secret=SECRET, webhook_urls=[receiver.url()]))
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        await emulator.people("alice", name="Åse \u2028 Müller 山田", given_name="Åse", family_name="Müller 山田")
        async with running.browser() as browser:
            user = (await begun(browser))["user"]
            # Members that a program in JavaScript reads in another order than they were written in.
            metadata = {"metadata": {"plan": "größer", "10": "ten", "9": "nine"}}
            assert (await called(browser, "PUT", f"{USERS}/{user['id']}", metadata)).status == 200
        await running.application.broker.webhooks.worker.drain()
        yield running


def given(broker: RunningBroker, receiver: Receiver) -> str:
    """What a script must know."""
    deliveries = [[one.raw.decode(), one.headers["workos-signature"]] for one in receiver.taken()]
    return json.dumps(
        {
            "url": broker.url,
            "client_id": CLIENT_ID,
            "api_key": API_KEY,
            "webhook_secret": SECRET,
            "deliveries": deliveries,
            "classes": CLASSES,
        }
    )


async def ended(*command: str, **environment: str) -> tuple[int | None, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WORKOS_", "PYTHON"))}
    process = await asyncio.create_subprocess_exec(
        *command, env={**clean, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize("version", PYTHON_VERSIONS)
async def test_python_believes_what_it_is_told_and_reads_the_same_as_a_list(
    broker: RunningBroker, receiver: Receiver, version: str
) -> None:
    command, environment = python_program(version, str(HERE / "python_events.py"), given(broker, receiver))
    assert await ended(*command, **environment) == (0, "")


@pytest.mark.parametrize("package", NODE_PACKAGES)
async def test_node_believes_what_it_is_told_and_reads_the_same_as_a_list(
    broker: RunningBroker, receiver: Receiver, package: str
) -> None:
    _, folder = node_sdk(package)
    script = str(HERE / "node_events.mjs")
    assert await ended(str(NODE), script, given(broker, receiver), folder) == (0, "")
