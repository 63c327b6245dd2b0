"""`python -m tests.fuzz TARGET [libFuzzer options]`: the same targets under atheris, guided by coverage, until stopped.

Needs `pip install atheris`, which is no dependency of ours: it is built for few platforms. `-runs=100000` ends by
itself; what it finds is written to `crash-…` in the present folder.
"""

import importlib
import importlib.util
import sys
from typing import Any

from tests.fuzz.targets import TARGETS, survives


def main(arguments: list[str]) -> int:
    """2 for wrong usage, 69 where atheris is not installed; otherwise libFuzzer decides."""
    if not arguments or arguments[0] not in TARGETS:
        sys.stderr.write(f"which target? {' '.join(TARGETS)}\n")
        return 2
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write("atheris is not installed: pip install atheris\n")
        return 69
    atheris: Any = importlib.import_module("atheris")
    target = TARGETS[arguments[0]]
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *arguments[1:]], lambda data: survives(target, data))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
