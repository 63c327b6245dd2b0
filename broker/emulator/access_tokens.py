"""Access tokens for Graph: what each was issued for is remembered here, and nothing can be read from the token.

Work accounts' are shaped as a JWT that nobody outside Graph can verify; personal accounts' are not even that. Source:
Microsoft's documentation of access tokens, which forbids clients to look into them.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from broker.emulator.clouds import GLOBAL, Cloud
from broker.emulator.people import Person

_MOST = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedAccessToken:
    """What a token speaks for; `expires_at` in seconds since the epoch."""

    person: Person
    scopes: tuple[str, ...]
    client_id: str
    cloud: Cloud
    expires_at: float


class AccessTokens:
    """All tokens that can still be used, kept by hash.

    Beyond `most` of them the oldest stop working, so that a load test of hours stays small.
    """

    def __init__(self, *, most: int = _MOST) -> None:
        self._most = most
        self._issued: OrderedDict[bytes, IssuedAccessToken] = OrderedDict()

    def issue(
        self,
        *,
        person: Person,
        scopes: tuple[str, ...],
        client_id: str,
        now: float,
        lifetime: float,
        cloud: Cloud = GLOBAL,
    ) -> str:
        """A new token that works for `lifetime` seconds from `now`, at that cloud's Graph."""
        self._forget_old(now)
        token = _random(personal=person.tenant.personal)
        self._issued[_key(token)] = IssuedAccessToken(
            person=person, scopes=scopes, client_id=client_id, cloud=cloud, expires_at=now + lifetime
        )
        return token

    def find(self, token: str, *, now: float) -> IssuedAccessToken | None:
        """What a presented token speaks for; None for one that is expired, forgotten or was never issued."""
        issued = self._issued.get(_key(token))
        return None if issued is None or now >= issued.expires_at else issued

    def clear(self) -> None:
        """Forget every token."""
        self._issued.clear()

    def _forget_old(self, now: float) -> None:
        while self._issued and (len(self._issued) >= self._most or next(iter(self._issued.values())).expires_at <= now):
            self._issued.popitem(last=False)


def _random(*, personal: bool) -> str:
    if personal:
        return "EwB" + secrets.token_urlsafe(900)
    return ".".join(
        ("eyJ" + secrets.token_urlsafe(120), "eyJ" + secrets.token_urlsafe(900), secrets.token_urlsafe(256))
    )


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
