"""The record of what was received, for tests to read, and counters for each endpoint.

Requests are kept as they came, the last thousand, and only where control is on; secrets are masked when the record is
read.
"""

from collections import Counter, deque
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from broker.emulator.clock import Clock

_KEPT = 1_000
_MASK = "***"
_SECRET_PARAMETERS = frozenset(
    ("client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "id_token_hint")
)
_SECRET_HEADERS = frozenset(("authorization", "cookie", "proxy-authorization"))
_SCOPE_KEY = "emulator.record"


@dataclass(slots=True)
class Record:
    """One request, raw."""

    time: float
    endpoint: str | None
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    form: str = ""
    status: int | None = None
    """Of the answer; None while there is none, or when the connection was broken."""
    problem: str | None = None
    """What was wrong with the request, for its developer."""
    disturbed: bool = False
    """Whether control had ordered a fault for it."""

    def parameters(self) -> dict[str, str]:
        """Query and form, unmasked."""
        return dict(parse_qsl(f"{self.query.decode('latin-1')}&{self.form}", keep_blank_values=True))

    def masked(self) -> dict[str, object]:
        """The request as control shows it."""
        headers = Headers(raw=self.headers)
        return {
            "time": self.time,
            "endpoint": self.endpoint,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "problem": self.problem,
            "disturbed": self.disturbed,
            "query": _masked(self.query.decode("latin-1")),
            "form": _masked(self.form),
            "headers": {name: _MASK if name in _SECRET_HEADERS else value for name, value in headers.items()},
        }


class Recorder:
    """All that was received since the last reset."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: deque[Record] = deque(maxlen=_KEPT)
        self.counters: Counter[str] = Counter()

    def record(self, scope: Scope, endpoint: str | None) -> Record:
        """Keep a request, and count it if it is for an endpoint."""
        headers = list(scope["headers"])
        record = Record(self._clock.now(), endpoint, scope["method"], scope["path"], scope["query_string"], headers)
        scope[_SCOPE_KEY] = record
        self._records.append(record)
        if endpoint:
            self.counters[endpoint] += 1
        return record

    def last(self, most: int) -> list[Record]:
        """The last so many, newest first."""
        return list(self._records)[: -most - 1 : -1]

    def masked(self) -> list[dict[str, object]]:
        """The requests kept, oldest first."""
        return [record.masked() for record in self._records]

    def clear(self) -> None:
        """Forget requests and counters."""
        self._records.clear()
        self.counters.clear()


def record_of(scope: Scope) -> Record | None:
    """The record of the request that this is the scope of; None where nothing is recorded."""
    record: Record | None = scope.get(_SCOPE_KEY)
    return record


def record_form(request: Request, form: str) -> None:
    """Add the body to the record of this request, if there is one."""
    record = record_of(request.scope)
    if record is not None:
        record.form = form


def _masked(encoded: str) -> dict[str, str]:
    pairs = parse_qsl(encoded, keep_blank_values=True)
    return {name: _MASK if name.lower() in _SECRET_PARAMETERS else value for name, value in pairs}
