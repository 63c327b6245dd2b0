"""Organizations for the published SDKs, unchanged: what they make they read, change and remove."""

import json

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.workos.applications import API_KEY, CLIENT_ID
from tests.contract.workos.people import made
from tests.contract.workos.sdks.running import HERE, NODE, NODE_PACKAGES, PYTHON_VERSIONS, node_sdk, python_program
from tests.contract.workos.tenants import a_connection, an_organization
from tests.contract.workos.test_sdk_events import ended

pytestmark = pytest.mark.npm


async def given(broker: RunningBroker, program: Browser) -> str:
    """What a script must know. The connection belongs to an organization that was there before."""
    organization = (await an_organization(program, "Birch"))["id"]
    connection = await a_connection(program, organization, domains=["birch.example"])
    told = {
        "url": broker.url,
        "client_id": CLIENT_ID,
        "api_key": API_KEY,
        "user_id": (await made(program))["id"],
        "connection_id": connection["id"],
    }
    return json.dumps(told)


@pytest.mark.parametrize("version", PYTHON_VERSIONS)
async def test_python_keeps_organizations_members_and_connections(
    broker: RunningBroker, program: Browser, version: str
) -> None:
    command, environment = python_program(version, str(HERE / "python_organizations.py"), await given(broker, program))
    assert await ended(*command, **environment) == (0, "")


@pytest.mark.parametrize("package", NODE_PACKAGES)
async def test_node_keeps_organizations_members_and_connections(
    broker: RunningBroker, program: Browser, package: str
) -> None:
    _, folder = node_sdk(package)
    script = str(HERE / "node_organizations.mjs")
    assert await ended(str(NODE), script, await given(broker, program), folder) == (0, "")
