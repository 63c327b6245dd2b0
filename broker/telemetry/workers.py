"""The figures of several workers as one: whichever of them is asked answers for all, each series with its `worker`.

They share the admin address, and a scraper reaches any of them. So each writes its figures into a place of its own in
memory that all were forked with, every few seconds and whenever it is asked; whoever is asked reads all places. What
was once told of a worker is thus never more than what is told later, or counters would seem to begin anew.
"""

import mmap
import re
import struct
import zlib
from collections.abc import Iterable

PUBLISH_SECONDS = 5.0
ROOM = 2 * 1024 * 1024
"""Bytes for each worker's figures. Memory is used only as far as it is written; labels come from closed lists."""
_HEAD = struct.Struct("=II")
_TRIES = 3
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?")


class Board:
    """Memory with a place for each worker. Made before they are forked."""

    def __init__(self, workers: int) -> None:
        self._memory = mmap.mmap(-1, workers * ROOM)
        self._workers = workers

    def tell(self, worker: int, figures: bytes) -> None:
        """Put a worker's figures into its place."""
        if len(figures) > ROOM - _HEAD.size:
            raise ValueError(f"{len(figures)} bytes of figures")
        start = worker * ROOM
        told = _HEAD.pack(len(figures), zlib.crc32(figures)) + figures
        self._memory[start : start + len(told)] = told

    def joined(self) -> bytes:
        """The figures of all workers that have told any, each family once."""
        return _joined((str(worker), self._read(worker)) for worker in range(self._workers))

    def _read(self, worker: int) -> str:
        """What stands there, unless it is being written this moment, or its writer was killed amid it."""
        start = worker * ROOM
        for _ in range(_TRIES):
            length, checksum = _HEAD.unpack_from(self._memory, start)
            figures = self._memory[start + _HEAD.size : start + _HEAD.size + min(length, ROOM)]
            if zlib.crc32(figures) == checksum:
                return figures.decode()
        return ""


def _joined(told: Iterable[tuple[str, str]]) -> bytes:
    """The text format wants the lines of a family together, behind its `# HELP` and `# TYPE`."""
    families: dict[str, list[str]] = {}
    for worker, figures in told:
        family: list[str] = []
        for line in figures.splitlines():
            if line.startswith("# HELP "):
                family = families.setdefault(line, [])
            elif not line.startswith("#"):
                family.append(_of(worker, line))
            elif line not in family:
                family.append(line)
    return "".join(f"{line}\n" for head, lines in families.items() for line in (head, *lines)).encode()


def _of(worker: str, sample: str) -> str:
    found = _SAMPLE.match(sample)
    if found is None:
        return sample
    name, has_labels = found.groups()
    label = f'{{worker="{worker}"' + ("," if has_labels else "}")
    return f"{name}{label}{sample[found.end() :]}"
