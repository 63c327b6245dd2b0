"""Being signed in at the provider: a cookie that says who, since when, and by which session id.

The cookie carries all of it, signed with a key of this process, so that a load test leaves nothing behind. It is named
`emu_…` because cookies on `localhost` are shared by every port.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from broker.emulator.people import PEOPLE, Person

COOKIE = "emu_session"


@dataclass(frozen=True, kw_only=True)
class Session:
    """One sign-in of one browser; `auth_time` in seconds since the epoch."""

    person: Person
    session_id: str
    auth_time: float

    @classmethod
    def begin(cls, person: Person, now: float) -> "Session":
        """A new one, beginning now."""
        return cls(person=person, session_id=str(uuid.uuid4()), auth_time=now)


class Sessions:
    """Reads and writes the session cookie."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def read(self, cookies: Mapping[str, str]) -> Session | None:
        """The browser's session; None without a cookie, or with one that this process did not write."""
        encoded, _, signature = cookies.get(COOKIE, "").partition(".")
        if not encoded or not hmac.compare_digest(self._signature(encoded), signature):
            return None
        try:
            key, session_id, auth_time = json.loads(base64.urlsafe_b64decode(encoded))
        except (binascii.Error, ValueError):
            return None
        return Session(person=PEOPLE[key], session_id=session_id, auth_time=auth_time)

    def write(self, response: Response, session: Session, *, secure: bool) -> None:
        """Put the session into the browser."""
        content = json.dumps([session.person.key, session.session_id, session.auth_time])
        encoded = base64.urlsafe_b64encode(content.encode()).decode()
        value = f"{encoded}.{self._signature(encoded)}"
        response.set_cookie(COOKIE, value, httponly=True, samesite="lax", secure=secure)

    def _signature(self, encoded: str) -> str:
        return hmac.new(self._key, encoded.encode(), hashlib.sha256).hexdigest()
