"""Several processes on the same sockets: forked before any of them has a thread or a loop, and kept at their number.

Signals that the parent gets go to all children. A child that ends by itself is replaced; one that fails at its very
start (a bad database, say) ends all, with its exit code.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from broker.cli.output import exit_code
from broker.errors import BrokerError

EARLY_SECONDS = 5.0
PAUSE_SECONDS = 1.0
"""Before a child that was killed at its start is replaced: whatever kills them must not keep a machine busy."""
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a child is: `number` counts from 0 and is handed down to whoever replaces it."""

    number: int
    replaces: bool = False


def supervise(count: int, work: Callable[[Place], None]) -> None:
    """Run `work` in so many children until told to stop; exits with the code of a child that failed early."""
    _Supervisor([Place(number=number) for number in range(count)], work).run()


class _Supervisor:
    def __init__(self, places: list[Place], work: Callable[[Place], None]) -> None:
        self._vacant = places
        self._work = work
        self._children: dict[int, tuple[Place, float]] = {}
        self._order: int | None = None

    def run(self) -> None:
        for number in _FORWARDED:
            signal.signal(number, self._forward)
        failed = 0
        while self._order is None or self._children:
            while self._order is None and self._vacant:
                self._fork(self._vacant.pop(0))
            if not self._children:
                break
            pid, status = os.wait()
            place, began = self._children.pop(pid)
            code, was_early = os.waitstatus_to_exitcode(status), time.monotonic() - began < EARLY_SECONDS
            if self._order is None and code > 0 and was_early:
                failed, self._order = code, signal.SIGINT
                self._tell(signal.SIGINT)
            elif self._order is None and was_early:
                time.sleep(PAUSE_SECONDS)
            self._vacant.append(Place(number=place.number, replaces=True))
        if failed:
            sys.exit(failed)

    def _fork(self, place: Place) -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(self._child(place))
        self._children[pid] = (place, time.monotonic())
        if self._order is not None:
            os.kill(pid, self._order)  # it came while we forked, and went to the others only

    def _child(self, place: Place) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it can reload: its configuration is fresh
        try:
            self._work(place)
        except BrokerError as error:
            sys.stderr.write(f"{error.detail}\n")
            return exit_code(error)
        except Exception:
            traceback.print_exc()
            return 1
        finally:
            sys.stdout.flush()
        return 0

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._order = number
        self._tell(number)

    def _tell(self, number: int) -> None:
        for pid in list(self._children):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
