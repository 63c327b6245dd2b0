"""The ids that stand on each of Microsoft's answers, by which its support finds a request."""

import re
import uuid
from dataclasses import dataclass, field

from starlette.requests import Request

from broker.emulator.state import emulator_of

SERVER_NAME = "2.1.1 - EMULATOR"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Ids of one request; the correlation id is the client's, if it sent one."""

    trace_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    correlation_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def of(cls, request: Request) -> "Trace":
        """Fresh ids for this request."""
        sent = request.headers.get("client-request-id", "")
        if re.fullmatch(r"[0-9A-Fa-f-]{36}", sent):
            return cls(correlation_id=sent)
        return cls()

    def headers(self, request: Request) -> dict[str, str]:
        """The request id of each answer, and the client's own id where it asked to see it again."""
        headers = {"x-ms-request-id": self.trace_id, "x-ms-ests-server": SERVER_NAME}
        if request.headers.get("return-client-request-id", "").lower() == "true":
            headers["client-request-id"] = self.correlation_id
        return headers

    def details(self, request: Request) -> dict[str, str]:
        """The three lines under each error text."""
        now = emulator_of(request).clock.datetime()
        return {
            "Trace ID": self.trace_id,
            "Correlation ID": self.correlation_id,
            "Timestamp": now.strftime("%Y-%m-%d %H:%M:%SZ"),
        }
