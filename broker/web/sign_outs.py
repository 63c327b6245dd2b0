"""The `state` of a sign-out that goes on to a provider: it brings the person back to where they wanted to be.

It says nothing that a link to `/logout` could not say; its target is admitted again when it comes back.
"""

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.web.signed import Expired, Forged, Signed

STATE_SECONDS = 600
"""Whoever is asked which account to sign out may take a while."""
MOST_CHARACTERS = 1500
"""A longer one would make a URL that the provider refuses: then the person ends on our own page."""


class SignOutStates:
    """Makes such states and reads them."""

    def __init__(self, secrets: SecretKeys, clock: Clock) -> None:
        self._signed = Signed(secrets, clock, purpose="sign-out")

    def seal(self, return_to: str | None) -> str | None:
        """The state that leads back to this admitted target; `None` where there is none, or it is too long."""
        if return_to is None:
            return None
        state = self._signed.dumps({"return_to": return_to})
        return state if len(state) <= MOST_CHARACTERS else None

    def read(self, unverified_state: str | None) -> str | None:
        """The target, to be admitted again; `None` for a state that is not ours, too old, or not there."""
        if unverified_state is None or len(unverified_state) > MOST_CHARACTERS:
            return None
        try:
            content = self._signed.loads(unverified_state, max_age=STATE_SECONDS)
        except (Expired, Forged):
            return None
        target = content.get("return_to")
        return target if isinstance(target, str) else None
