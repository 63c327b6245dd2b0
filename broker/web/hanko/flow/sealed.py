"""A flow's state as the client carries it: signed, timed, and for this purpose alone.

Whoever replays an older one gains nothing: only `exchange_token` and the profile's actions have an effect, the first
bound to the flow's id, the verifier and a code that is good once, the others to a living session.
"""

from dataclasses import asdict
from uuid import UUID

from broker.clock import Clock
from broker.web.hanko.flow.state import FlowState
from broker.web.signed import Expired, SignedValues

MOST_BYTES = 2048
_MOST_SECONDS = 24 * 3600


class FlowSeal:
    """Seals and opens flow states."""

    def __init__(self, values: SignedValues, clock: Clock) -> None:
        self._clock = clock
        self._signed = values.purpose("flow")

    def seal(self, state: FlowState) -> str:
        """The `csrf_token`, at most 2 KB."""
        return self._signed.dumps({name: value for name, value in asdict(state).items() if value is not None})

    def open(self, unverified: str, *, lifetime: int) -> FlowState:
        """The state in it; `lifetime` is in seconds, from the start of the flow. Raises `Expired`, `Forged`.

        A state of another version of this program, with other members, counts as expired: the client starts anew.
        """
        content = self._signed.loads(unverified[: MOST_BYTES + 1], max_age=_MOST_SECONDS)
        try:
            state = FlowState(**content)
        except TypeError as error:
            raise Expired from error
        if self._clock.now() - state.started_at > lifetime:
            raise Expired
        return state


def is_flow_id(unverified: str) -> bool:
    """Whether it is a UUID as we write them."""
    try:
        return str(UUID(unverified)) == unverified
    except ValueError:
        return False
