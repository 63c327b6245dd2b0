"""`broker emulator` as somebody starts it who wants nothing else of us: one command, by https, on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.commands import running


@dataclass(frozen=True, kw_only=True)
class Started:
    """Its address and the CA file, as the command printed them."""

    url: str
    ca_file: Path


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Started]:
    """The emulator until the block ends; its authority is kept in `folder`."""
    with running("emulator", "--port", "0", "--tls", "--tls-folder", str(folder), *options, folder=folder) as process:
        url = process.wait_for("Microsoft emulator on ").split()[-1].partition("/common/")[0]
        yield Started(url=url, ca_file=Path(process.wait_for("CA file to trust: ").partition(": ")[2]))
