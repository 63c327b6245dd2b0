"""`GET /requests`: the last requests and what was wrong with each, for whoever builds a client. Only with control.

The handlers of failures are wrapped by `noting`, which writes the explanation onto the record of the request.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from broker.emulator.explanations import explain
from broker.emulator.failures import Failure
from broker.emulator.graph_answers import GraphFailure
from broker.emulator.pages import received_page
from broker.emulator.recorder import Record, record_of
from broker.emulator.state import emulator_of

_SHOWN = 100
Handler = Callable[[Request, Exception], Response]


def noting(handler: Handler) -> Handler:
    """The handler, which also notes what was wrong with the request."""

    def handle(request: Request, failure: Exception) -> Response:
        record = record_of(request.scope)
        if record is not None:
            record.problem = _problem(request, failure, record)
        return handler(request, failure)

    return handle


def _problem(request: Request, failure: Exception, record: Record) -> str:
    if isinstance(failure, GraphFailure):
        return f"{failure.code}: {failure.message}"
    if not isinstance(failure, Failure):
        return ""
    if record.disturbed:
        return f"{failure.text() or failure.error_name()} Control had ordered a fault."
    return explain(failure, record.parameters(), emulator_of(request).registrations)


async def received(request: Request) -> Response:
    """The page."""
    records = emulator_of(request).recorder.last(_SHOWN)
    return received_page(requests=[_shown(record) for record in records])


def _shown(record: Record) -> dict[str, object]:
    masked = record.masked()
    return {
        "time": datetime.fromtimestamp(record.time, tz=UTC).strftime("%H:%M:%S"),
        "method": record.method,
        "path": unquote(record.path),
        "status": record.status,
        "problem": record.problem,
        "disturbed": record.disturbed,
        "failed": record.problem is not None or record.status is None or record.status >= 400,
        "parts": [(name, masked[name]) for name in ("query", "form", "headers") if masked[name]],
    }
