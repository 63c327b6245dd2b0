"""The faults that wait for their requests, each until its times are used up or its seconds over."""

from dataclasses import dataclass

from broker.emulator.clock import Clock
from broker.emulator.faults import Fault
from broker.emulator.tenants import Tenants


@dataclass(kw_only=True, eq=False)
class _Waiting:
    """A fault with the times that are left of it, or the moment at which it ends."""

    fault: Fault
    left: int
    ends: float | None


class FaultQueue:
    """The faults that wait, first come first served."""

    def __init__(self, clock: Clock, tenants: Tenants) -> None:
        self._clock, self._tenants = clock, tenants
        self._waiting: list[_Waiting] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        ends = None if fault.lasts is None else self._clock.now() + fault.lasts
        self._waiting.append(_Waiting(fault=fault, left=fault.times, ends=ends))

    def take(self, endpoint: str, tenant: str) -> Fault | None:
        """The first fault that fits this request, one time of it used up."""
        now = self._clock.now()
        self._waiting = [each for each in self._waiting if each.ends is None or now < each.ends]
        for each in self._waiting:
            fault = each.fault
            if fault.endpoint == endpoint and (fault.tenant is None or self._same_tenant(fault.tenant, tenant)):
                if each.ends is not None:
                    return fault.throttling(each.ends - now)
                each.left -= 1
                if each.left == 0:
                    self._waiting.remove(each)
                return fault
        return None

    def clear(self) -> None:
        """Forget all faults."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)

    def _same_tenant(self, one: str, other: str) -> bool:
        first, second = self._tenants.segment(one), self._tenants.segment(other)
        return first is not None and second is not None and first.key == second.key
