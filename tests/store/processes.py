"""Other processes on the same database; what they do is in `child`."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

ROOT = Path(__file__).parents[2]


async def child(task: str, url: str, argument: str = "") -> Process:
    """Start one."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.child", task, url, argument, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )


async def output_of(process: Process) -> str:
    """What it printed until it ended well."""
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()
