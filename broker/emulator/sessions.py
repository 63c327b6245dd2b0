"""Being signed in at the provider: a cookie that says who, since when, by which session ids, and at which applications.

A browser may hold several accounts, the one used last in front. The cookie carries all of it, signed with a key of this
process, so that a load test leaves nothing behind. It is named `emu_…` because cookies on `localhost` are shared by
every port.
"""

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from broker.emulator.directory import Directory
from broker.emulator.people import Person

COOKIE = "emu_session"
# Both keep the cookie below the 4 KiB that browsers take.
_MOST_SESSIONS = 5
_MOST_CLIENTS = 8


@dataclass(frozen=True, kw_only=True)
class Session:
    """One account of one browser; `auth_time` in seconds since the epoch, `clients` who took part in it."""

    person: Person
    session_id: str
    auth_time: float
    epoch: int = 0
    strong: bool = False
    """Whether the person proved a second factor."""
    clients: tuple[str, ...] = ()

    def joined_by(self, client_id: str) -> "Session":
        """The session with one more application in it."""
        others = tuple(each for each in self.clients if each != client_id)
        return dataclasses.replace(self, clients=(*others, client_id)[-_MOST_CLIENTS:])


def begin_session(person: Person, *, known: Sequence[Session], now: float, epoch: int, strong: bool = False) -> Session:
    """A sign-in that happens now; in a browser where the person is signed in already the session id stays."""
    same = next((session for session in known if session.person.key == person.key), None)
    return Session(
        person=person,
        session_id=same.session_id if same else str(uuid.uuid4()),
        auth_time=now,
        epoch=epoch,
        strong=strong,
        clients=same.clients if same else (),
    )


class Sessions:
    """Reads and writes the session cookie."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def read(self, cookies: Mapping[str, str], directory: Directory) -> tuple[Session, ...]:
        """The browser's sessions that still count; none of a cookie that this process did not write."""
        encoded, _, signature = cookies.get(COOKIE, "").partition(".")
        if not encoded or not hmac.compare_digest(self._signature(encoded), signature):
            return ()
        try:
            rows = json.loads(base64.urlsafe_b64decode(encoded))
        except (binascii.Error, ValueError):
            return ()
        found = []
        for key, session_id, auth_time, epoch, strong, clients in rows:
            person = directory.get(key)
            if person is not None and not person.disabled and directory.epoch(person) == epoch:
                found.append(
                    Session(
                        person=person, session_id=session_id, auth_time=auth_time, epoch=epoch, strong=strong,
                        clients=tuple(clients),
                    )
                )  # fmt: skip
        return tuple(found)

    def write(self, response: Response, sessions: Sequence[Session], *, secure: bool) -> None:
        """Make these the browser's sessions."""
        if not sessions:
            response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=secure)
            return
        rows = [
            [each.person.key, each.session_id, each.auth_time, each.epoch, each.strong, each.clients]
            for each in sessions[:_MOST_SESSIONS]
        ]
        encoded = base64.urlsafe_b64encode(json.dumps(rows, separators=(",", ":")).encode()).decode()
        value = f"{encoded}.{self._signature(encoded)}"
        response.set_cookie(COOKIE, value, httponly=True, samesite="lax", secure=secure)

    def _signature(self, encoded: str) -> str:
        return hmac.new(self._key, encoded.encode(), hashlib.sha256).hexdigest()


def in_front(session: Session, known: Sequence[Session]) -> tuple[Session, ...]:
    """The browser's sessions after this one was used."""
    return (session, *(each for each in known if each.session_id != session.session_id))
