"""Authorization codes: issued, redeemed once within ten minutes, and bound to what they were issued for.

They look like Microsoft's: over 1,200 characters for work accounts, `M.…` for personal ones. Kept by hash, so that a
load test's hundred thousand codes stay small, and remembered for a while after their end so that a replay is told as
one.
"""

import hashlib
import secrets
import uuid
from collections import OrderedDict
from dataclasses import dataclass

from broker.emulator.clock import Clock
from broker.emulator.people import Person
from broker.emulator.tenants import Segment

LIFETIME = 600.0
"""Seconds for which a code can be redeemed."""

_REMEMBERED = 2 * LIFETIME


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What a code, or a refresh token that came of it, stands for.

    `auth_time` is when the person signed in, in seconds since the epoch; `epoch` is the account's then.
    """

    client_id: str
    segment: Segment
    redirect_uri: str
    scopes: tuple[str, ...]
    person: Person
    session_id: str
    auth_time: float
    nonce: str | None = None
    challenge: str | None = None
    challenge_method: str = "plain"
    epoch: int = 0
    strong: bool = False
    """Whether the person proved a second factor."""
    single_page: bool = False
    """Whether the redirect URI is of a single-page application."""
    acrs: tuple[str, ...] = ()
    """Authentication contexts that the request's `claims` asked for."""


@dataclass(slots=True)
class IssuedCode:
    """A code's record. After it was redeemed the grant is gone."""

    issued_at: float
    grant: Grant | None

    def expired(self, now: float) -> bool:
        """Whether it is too late to redeem it."""
        return now >= self.issued_at + LIFETIME


class AuthorizationCodes:
    """All codes of the last twenty minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Ordered, because taking the oldest off the front of a plain dict costs more the more were taken.
        self._issued: OrderedDict[bytes, IssuedCode] = OrderedDict()

    def issue(self, grant: Grant) -> str:
        """A new code for this grant."""
        self._forget_old()
        if grant.person.tenant.personal:
            code = f"M.C5{secrets.randbelow(90) + 10}_BAY.2.U.{uuid.uuid4()}"
        else:
            code = f"1.A{secrets.token_urlsafe(930)}"
        self._issued[_key(code)] = IssuedCode(self._clock.now(), grant)
        return code

    def find(self, code: str) -> IssuedCode | None:
        """The record of a presented code; None for one that was never issued, or very long ago."""
        return self._issued.get(_key(code))

    def clear(self) -> None:
        """Forget every code."""
        self._issued.clear()

    def _forget_old(self) -> None:
        horizon = self._clock.now() - _REMEMBERED
        while self._issued and next(iter(self._issued.values())).issued_at < horizon:
            self._issued.popitem(last=False)


def _key(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
