"""Refresh tokens: each use brings a new one, and the old one stays usable, because Microsoft's do.

Source: Microsoft's documentation of refresh tokens: ninety days of non-use for web applications, a day in all for
single-page ones. Kept by hash, like codes, and the oldest are forgotten before there are too many.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from broker.emulator.clock import Clock
from broker.emulator.codes import Grant

LIFETIME = 90 * 86_400.0
"""Seconds without use after which a token is dead."""
SPA_LIFETIME = 86_400.0
"""Seconds from the sign-in after which a single-page application has to ask again, however often it refreshed."""
_MOST = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedRefreshToken:
    """What a token stands for; `ends_at` in seconds since the epoch."""

    grant: Grant
    ends_at: float

    def expired(self, now: float) -> bool:
        """Whether it is too late to use it."""
        return now >= self.ends_at


class RefreshTokens:
    """All tokens issued, until they are forgotten."""

    def __init__(self, clock: Clock, *, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._issued: OrderedDict[bytes, IssuedRefreshToken] = OrderedDict()

    def issue(self, grant: Grant, *, before: IssuedRefreshToken | None = None) -> str:
        """A new token for this grant; `before` is the one that was used to get it."""
        while len(self._issued) >= self._most:
            self._issued.popitem(last=False)
        token = _random(personal=grant.person.tenant.personal)
        self._issued[_key(token)] = IssuedRefreshToken(grant=grant, ends_at=self.ends_at(grant, before))
        return token

    def ends_at(self, grant: Grant, before: IssuedRefreshToken | None) -> float:
        """Until when a token issued now can be used, in seconds since the epoch."""
        if grant.single_page:
            return before.ends_at if before else self._clock.now() + SPA_LIFETIME
        return self._clock.now() + LIFETIME

    def find(self, token: str) -> IssuedRefreshToken | None:
        """The record of a presented token, an expired one's too; None for one that was never issued."""
        return self._issued.get(_key(token))

    def clear(self) -> None:
        """Forget every token."""
        self._issued.clear()


def _random(*, personal: bool) -> str:
    if personal:
        return f"M.C5{secrets.randbelow(90) + 10}_BAY.0.U.-{secrets.token_urlsafe(240)}"
    return f"1.A{secrets.token_urlsafe(900)}"


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
