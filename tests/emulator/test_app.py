import asyncio
import subprocess
import sys

import pytest

from tests.emulator.client import ALDER, Client
from tests.peers.microsoft import running_microsoft

DISCOVERY = "/common/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("host", ["emulator:8400", "emulator.example", "10.0.0.7:1"])
async def test_without_a_base_urls_begin_with_the_host_asked(host: str) -> None:
    async with running_microsoft(fixed_base=False) as peer, Client.open(peer) as client:
        document = (await client.send("GET", DISCOVERY, headers={"Host": host})).json
        assert document["issuer"] == f"http://{host}/{{tenantid}}/v2.0"
        assert document["cloud_instance_name"] == host
        keys = (await client.send("GET", "/common/discovery/v2.0/keys", headers={"Host": host})).json["keys"]
        assert {key["cloud_instance_name"] for key in keys} == {host, f"usgov.{host}"}
        assert keys[0]["issuer"] == document["issuer"]


async def test_without_a_base_a_whole_sign_in_is_of_one_host() -> None:
    async with running_microsoft(fixed_base=False) as peer, Client.open(peer) as client:
        assert (await client.sign_in("alice"))["iss"] == f"{peer.base_url}/{ALDER}/v2.0"


@pytest.mark.parametrize("host", ["a b", "evil.example/path", "<script>", "user@evil.example"])
async def test_without_a_base_an_odd_host_is_not_repeated(host: str) -> None:
    async with running_microsoft(fixed_base=False) as peer, Client.open(peer) as client:
        answer = await client.send("GET", DISCOVERY, headers={"Host": host})
        assert host not in answer.text


async def test_with_a_base_only_its_name_and_the_loopbacks_are_served(client: Client) -> None:
    for host in ("localhost:1", "127.0.0.1:8400"):
        document = (await client.send("GET", DISCOVERY, headers={"Host": host})).json
        assert document["issuer"].startswith(client.peer.base_url + "/")
    for host in ("evil.example", "localhost.evil.example:8400", ""):
        assert (await client.send("GET", DISCOVERY, headers={"Host": host})).status == 400
        assert (await client.send("GET", "/_control/requests", headers={"Host": host})).status == 400


async def test_first_answers_do_not_wait_long_for_the_keys() -> None:
    """A tenth of a second on a quiet machine; the limit leaves room for a busy one."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with running_microsoft(own_keys=True) as peer, Client.open(peer) as client:
        assert (await client.send("GET", DISCOVERY)).status == 200
        assert loop.time() - begun < 3
        await client.sign_in("alice")


async def test_two_emulators_have_keys_of_their_own() -> None:
    async with (
        running_microsoft(own_keys=True) as one,
        running_microsoft(own_keys=True) as other,
        Client.open(one) as first,
        Client.open(other) as second,
    ):
        assert not {key["kid"] for key in await first.keys()} & {key["kid"] for key in await second.keys()}


def test_emulator_needs_nothing_else_of_the_broker() -> None:
    """The other party must not share our mistakes."""
    listing = "import sys, broker.emulator.app; print(*sorted(m for m in sys.modules if m.startswith('broker')))"
    run = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter and text
    loaded = run.stdout.split()
    assert [name for name in loaded if name != "broker" and not name.startswith("broker.emulator")] == []
