"""Several processes on the same sockets: forked before any of them has a thread or a loop, and kept at their number.

Signals that the parent gets go to all children. A child that ends by itself is replaced; one that ends at its very
start (a bad database, say) ends all, with its exit code.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from broker.cli.output import exit_code
from broker.errors import BrokerError

EARLY_SECONDS = 5.0
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def supervise(count: int, work: Callable[[], None]) -> None:
    """Run `work` in so many children until told to stop; exits with the code of a child that failed early."""
    _Supervisor(count, work).run()


class _Supervisor:
    def __init__(self, count: int, work: Callable[[], None]) -> None:
        self._count = count
        self._work = work
        self._children: dict[int, float] = {}
        self._stopping = False

    def run(self) -> None:
        for number in _FORWARDED:
            signal.signal(number, self._forward)
        failed = 0
        while not self._stopping or self._children:
            while not self._stopping and len(self._children) < self._count:
                self._fork()
            pid, status = os.wait()
            began = self._children.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if not self._stopping and code != 0 and time.monotonic() - began < EARLY_SECONDS:
                failed, self._stopping = code, True
                self._signal(signal.SIGINT)
        if failed:
            sys.exit(failed)

    def _fork(self) -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(self._child())
        self._children[pid] = time.monotonic()

    def _child(self) -> int:
        for number in _FORWARDED:
            signal.signal(number, signal.SIG_DFL)
        try:
            self._work()
        except BrokerError as error:
            sys.stderr.write(f"{error.detail}\n")
            return exit_code(error)
        return 0

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._stopping = True
        self._signal(number)

    def _signal(self, number: int) -> None:
        for pid in self._children:
            os.kill(pid, number)
