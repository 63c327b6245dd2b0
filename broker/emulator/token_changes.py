"""How control has an ID token spoilt: which claims and header members change, and how it is signed.

A change waits for the next token, for the next few, or for a given person's. `id_token` carries it out.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from broker.emulator.keys import KeyName


class Changes(BaseModel):
    """Changes to the members of one JSON object, made in this order: remove, set, shift, duplicate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    remove: list[str] = []
    set: dict[str, JsonValue] = {}
    shift: dict[str, int] = {}
    """Seconds to add to a number, as in `{"exp": -7200}`."""
    duplicate: dict[str, JsonValue] = {}
    """Members to append, under a name that may be there already."""


class TokenChange(Changes):
    """One order of control. The members of `Changes` itself speak of the claims."""

    person: str | None = None
    times: int = Field(default=1, ge=1, le=100_000)
    header: Changes = Changes()
    alg: Literal["RS256", "RS384", "RS512", "PS256", "HS256", "none"] = "RS256"
    """HS256 signs with the public key's PEM as the secret; `none` leaves the signature empty."""
    key: KeyName | None = None
    """The key that signs; by default the one in force for the person's class of account."""
    kid_of: KeyName | None = None
    """Whose `kid` the header names; by default the signing key's."""
    clock_offset: int = 0
    """Seconds by which the clock is off that `iat`, `nbf`, `exp` and `auth_time` are told by."""
    signature: str | None = None
    """Replaces the signature as it stands."""
    raw: str | None = None
    """Replaces the whole token."""


class ChangeQueue:
    """The orders that wait, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[tuple[TokenChange, int]] = []

    def add(self, change: TokenChange) -> None:
        """Queue an order."""
        self._waiting.append((change, change.times))

    def take(self, person: str) -> TokenChange | None:
        """The first order that fits this person, one time of it used up."""
        for place, (change, left) in enumerate(self._waiting):
            if change.person in (None, person):
                if left == 1:
                    del self._waiting[place]
                else:
                    self._waiting[place] = (change, left - 1)
                return change
        return None

    def clear(self) -> None:
        """Forget all orders."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)
