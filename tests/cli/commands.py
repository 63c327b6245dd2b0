"""A command that runs to its end, and one that keeps running: `python -m broker …` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 60.0
BROKER = (sys.executable, "-m", "broker")


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        """What it printed with `--json`."""
        return json.loads(self.output)


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """That of this process, without what configures a broker, and with these changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BROKER_")}
    return {**kept, **(changes or {})}


def broker(*arguments: str, folder: Path, changes: Mapping[str, str] | None = None) -> Done:
    """Run a command in this folder, to its end. Its output is a pipe."""
    done = subprocess.run(  # noqa: S603 -- our own command
        [*BROKER, *arguments],
        cwd=folder,
        env=environment(changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Done(code=done.returncode, output=done.stdout, errors=done.stderr)


class Running:
    """A command that runs until it is told to stop. What it says is kept, line by line, as it comes."""

    def __init__(self, *arguments: str, folder: Path, changes: Mapping[str, str] | None = None) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(  # noqa: S603 -- our own command
            [*BROKER, *arguments],
            cwd=folder,
            env=environment({"PYTHONUNBUFFERED": "1", **(changes or {})}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def said(self) -> list[str]:
        """All lines so far."""
        with self._news:
            return list(self._lines)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log lines so far."""
        return [json.loads(line) for line in self.said if line.startswith("{")]

    def wait_for(self, text: str, *, times: int = 1) -> str:
        """The line with this text, once it was said so many times."""

        def found() -> list[str]:
            return [line for line in self._lines if text in line]

        with self._news:
            self._news.wait_for(lambda: len(found()) >= times or not self._reader_lives, PATIENCE)
            if len(found()) < times:
                raise AssertionError(f"never said {text!r}, but:\n" + "\n".join(self._lines))
            return found()[times - 1]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended and everything it said was read."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it, unless it has ended; answers its exit code."""
        if self._process.poll() is None:
            self.send(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    _reader_lives = True

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self._lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._reader_lives = False
            self._news.notify_all()


@contextmanager
def running(
    *arguments: str, folder: Path, changes: Mapping[str, str] | None = None, until: str = "ready"
) -> Iterator[Running]:
    """A command until the block ends; the block begins once it said `until`."""
    process = Running(*arguments, folder=folder, changes=changes)
    try:
        process.wait_for(until)
        yield process
    finally:
        process.stop()
