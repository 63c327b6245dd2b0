"""What docs/workos.md has people copy signs them in: its application, its Python and its Node."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.brokers import RunningBroker, running_broker
from tests.conftest import npm_package
from tests.contract.workos.sdks.matrix import Call
from tests.contract.workos.sdks.running import NODE, PYTHON_VERSIONS, calls_of, python_program
from tests.peers.microsoft import MicrosoftPeer

pytestmark = pytest.mark.npm
TEXT = (Path(__file__).parents[3] / "docs" / "workos.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"<!-- test: (\S+) -->\n```\w+\n(.*?)\n```", TEXT, re.DOTALL))
KEY = "sk_" + "0123456789abcdef" * 3
HOME = "http://localhost:3000"
IN_PYTHON = """
import json, sys
from urllib.parse import parse_qs, urlsplit
print(json.dumps({"walk": start("of the browser") + "&login_hint=auto:alice"}), flush=True)
back = parse_qs(urlsplit(json.loads(sys.stdin.readline())["at"]).query)
print(json.dumps({"row": 7, "call": f"{back['state'][0]}: {finish(back['code'][0]).user.email}", "problem": None}))
"""
IN_NODE = """
import { createInterface } from "node:readline";
const say = what => console.log(JSON.stringify(what));
say({ walk: start("of the browser") + "&login_hint=auto:alice" });
const { value } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const back = new URL(JSON.parse(value).at).searchParams;
say({ row: 7, call: `${back.get("state")}: ${(await finish(back.get("code"))).user.email}`, problem: null });
process.exit(0);
"""
SIGNED_IN = [Call(row=7, call="of the browser: alice@alder.example")]


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    shown: dict[str, Any] = YAML(typ="safe").load(BLOCKS["applications"].replace("{file: /run/secrets/shop_key}", KEY))
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=shown) as running:
        yield running


async def test_python_of_the_guide_signs_somebody_in(broker: RunningBroker) -> None:
    program = BLOCKS["python"].replace("API_KEY,", f'"{KEY}",').replace("http://localhost:8000", broker.url)
    command, folder = python_program(PYTHON_VERSIONS[0], "-c", program + IN_PYTHON)

    assert await calls_of(command, broker, folder, home=HOME) == SIGNED_IN


async def test_node_of_the_guide_signs_somebody_in(broker: RunningBroker, tmp_path: Path) -> None:
    package = npm_package("@workos-inc/node")
    shutil.copytree(package, tmp_path / "node_modules" / "@workos-inc" / "node")
    port = broker.url.rpartition(":")[2]
    program = BLOCKS["node"].replace("API_KEY,", f'"{KEY}",').replace("8000", port)
    script = tmp_path / "shop.mjs"
    script.write_text(program + IN_NODE, "utf-8")

    assert await calls_of((str(NODE), str(script)), broker, {}, home=HOME) == SIGNED_IN
