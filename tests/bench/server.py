"""The server under test: `broker serve` as a process of its own, and an emulator beside it in another.

The broker is configured as in production (a client id and secret of its own, no emulator inside), so that the CPU time
of its process tree is that of the broker alone.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.servers import loopback_socket, port_of

PATIENCE = 20.0
CLIENT_ID = "client_01BENCH"
API_KEY = "sk_of_the_bench_that_is_long_enough"
REDIRECT_URI = "http://localhost:8888/callback"
_APPLICATION = {"name": "Bench", "client_id": CLIENT_ID, "api_keys": [API_KEY], "redirect_uris": [REDIRECT_URI]}
_APPLICATIONS = {"workos": {"enabled": True, "applications": [_APPLICATION]}}


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server: where it is, its process, and how many seconds it took from start to ready."""

    url: str
    process: psutil.Process
    seconds_to_ready: float

    def cpu_seconds(self) -> float:
        """User and system time of the process tree so far."""
        tree = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in tree)

    def memory_mb(self) -> float:
        """Resident memory of the process tree, in MB."""
        tree = [self.process, *self.process.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in tree)) / 1e6


@asynccontextmanager
async def served(
    folder: Path, *, database: str, emulator_url: str, delivery: str = "cookie", applications: bool = False
) -> AsyncIterator[Served]:
    """`broker serve` until the block ends; with `applications` it serves a registered one."""
    port, admin_port = free_port(), free_port()
    url = f"http://localhost:{port}"
    config = folder / "config.yaml"
    tree = _config(url, port, admin_port, database=database, emulator_url=emulator_url, delivery=delivery)
    config.write_text(json.dumps(tree | (_APPLICATIONS if applications else {})))
    began = time.perf_counter()
    async with _process("serve", "--config", str(config)) as process:
        await _answers(f"{url}/health/ready", process)
        took = time.perf_counter() - began
        yield Served(url=url, process=psutil.Process(process.pid), seconds_to_ready=took)


@asynccontextmanager
async def emulated() -> AsyncIterator[str]:
    """`broker emulator` until the block ends; answers its URL."""
    port = free_port()
    async with _process("emulator", "--port", str(port)) as process:
        await _answers(f"http://localhost:{port}/common/v2.0/.well-known/openid-configuration", process)
        yield f"http://localhost:{port}"


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with loopback_socket() as listener:
        return port_of(listener)


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BROKER_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "broker", *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=None, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), PATIENCE)


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + PATIENCE
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < deadline:
            if process.returncode is not None:
                raise RuntimeError(f"the process ended with {process.returncode}")
            try:
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.01)
    raise TimeoutError(url)


def _config(url: str, port: int, admin_port: int, *, database: str, emulator_url: str, delivery: str) -> dict[str, Any]:
    return {
        "service": {"environment": "staging", "public_url": url},
        "server": {
            "public": {"address": f"127.0.0.1:{port}"},
            "admin": {"address": f"127.0.0.1:{admin_port}"},
            "shutdown_grace": "1s",
        },
        "database": {"url": database},
        "secrets": {"keys": ["a-secret-of-the-bench-that-is-long-enough"]},
        "third_party": {
            "error_redirect_url": "http://localhost:8888/error",
            "allowed_redirect_urls": ["http://localhost:8888/**"],
            "providers": {
                "microsoft": {
                    "client_id": "c11e0000-0000-4000-8000-00000000000c",
                    "secret": "emulator-secret",
                    "cloud": "custom",
                    "authority": emulator_url,
                }
            },
        },
        "session": {"delivery": delivery},
        "log": {"level": "warning"},
    }
