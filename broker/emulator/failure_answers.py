"""Failures spelled: the error page, the redirect with `error`, and the token endpoint's JSON.

The shapes are those of Microsoft's published error responses, over RFC 6749 sections 4.1.2.1 and 5.2.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.emulator.aadsts import code
from broker.emulator.failures import PageFailure, RedirectFailure, TokenFailure
from broker.emulator.pages import error_page
from broker.emulator.replies import NO_STORE, readable_by_pages, reply
from broker.emulator.state import base_of
from broker.emulator.trace import Trace


def show_page_failure(request: Request, failure: Exception) -> Response:
    """The provider's own error page."""
    assert isinstance(failure, PageFailure)  # noqa: S101 - registered for this class; tells the type checker
    return error_page(
        status=failure.status,
        text=failure.text() or failure.error_name(),
        details=Trace.of(request).details(request),
        choose_again=failure.choose_again,
    )


def send_redirect_failure(request: Request, failure: Exception) -> Response:
    """An error response by the redirect URI (RFC 6749 section 4.1.2.1), with Microsoft's additions."""
    assert isinstance(failure, RedirectFailure)  # noqa: S101 - registered for this class; tells the type checker
    members = {"error": failure.error_name()}
    if failure.subcode:
        members["error_subcode"] = failure.subcode
    if (text := failure.text()) is not None:
        members["error_description"] = _described(text, Trace.of(request).details(request))
    if failure.number is not None:
        members["error_uri"] = _error_uri(request, failure.number)
    if failure.claims:
        members["claims"] = failure.claims
    return reply(failure.reply_to, members)


def answer_token_failure(request: Request, failure: Exception) -> Response:
    """An error response of the token endpoint (RFC 6749 section 5.2), with all of Microsoft's members."""
    assert isinstance(failure, TokenFailure)  # noqa: S101 - registered for this class; tells the type checker
    trace = Trace.of(request)
    details = trace.details(request)
    body: dict[str, object] = {
        "error": failure.error_name(),
        "error_description": _described(failure.text() or "", details),
        "error_codes": [] if failure.number is None else [failure.number],
        "timestamp": details["Timestamp"],
        "trace_id": trace.trace_id,
        "correlation_id": trace.correlation_id,
    }
    if failure.number is not None:
        body["error_uri"] = _error_uri(request, failure.number)
    if suberror := failure.suberror or _suberror(failure.number):
        body["suberror"] = suberror
    if failure.claims:
        body["claims"] = failure.claims
    headers = NO_STORE | trace.headers(request) | readable_by_pages(request)
    return JSONResponse(body, status_code=failure.status(), headers=headers)


def _described(text: str, details: dict[str, str]) -> str:
    return "\r\n".join([text, *(f"{name}: {value}" for name, value in details.items())])


def _error_uri(request: Request, number: int) -> str:
    return f"{base_of(request)}/error?code={number}"


def _suberror(number: int | None) -> str | None:
    return None if number is None else code(number).suberror
