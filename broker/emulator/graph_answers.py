"""What every answer of Graph has in common: the caller found by the access token, headers, and Graph's errors.

Source: Microsoft Graph's documentation of errors and of permissions.
"""

import dataclasses
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.emulator.access_tokens import IssuedAccessToken
from broker.emulator.faults import fault_of
from broker.emulator.state import base_of, cloud_of, emulator_of

GRAPH_APPLICATION = "00000003-0000-0000-c000-000000000000"
GROUP_SCOPES = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")


@dataclass(kw_only=True, eq=False)
class GraphFailure(Exception):
    """Graph's refusal."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def caller_of(request: Request, *, any_of: tuple[str, ...]) -> IssuedAccessToken:
    """Whose token this is. Raises `GraphFailure` without one, or when none of these scopes was granted."""
    _raise_fault(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated(request, "Access token is empty.")
    emulator = emulator_of(request)
    issued = emulator.access_tokens.find(token.strip(), now=emulator.clock.now())
    if issued is None or issued.cloud is not cloud_of(request):
        raise _unauthenticated(request, "The token is expired, or was not issued for Graph.")
    person = emulator.directory.current(issued.person)
    if person is None:
        raise _unauthenticated(request, "The account of the token does not exist any more.")
    granted = {scope.rpartition("/")[2] for scope in issued.scopes}
    if not granted & set(any_of):
        raise GraphFailure(
            status=403, code="Authorization_RequestDenied", message="Insufficient privileges to complete the operation."
        )
    return dataclasses.replace(issued, person=person)


def graph_base(request: Request) -> str:
    """What every address within Graph's answers begins with: as it was asked."""
    return base_of(request) + ("/graph" if request.url.path.startswith("/graph/") else "")


def graph_answer(request: Request, content: object, *, status: int = 200) -> Response:
    """JSON as Graph sends it."""
    response = JSONResponse(content, status_code=status, headers=graph_headers(request))
    response.headers["Content-Type"] = "application/json;odata.metadata=minimal;charset=utf-8"
    return response


def graph_headers(request: Request) -> dict[str, str]:
    """Ids by which support finds a request."""
    asked = request.headers.get("client-request-id", "")
    ours = str(uuid.uuid4())
    return {"Cache-Control": "no-cache", "request-id": ours, "client-request-id": asked[:36] or ours}


def answer_graph_failure(request: Request, failure: Exception) -> Response:
    """`{"error": {"code", "message", "innerError"}}`."""
    assert isinstance(failure, GraphFailure)  # noqa: S101 - registered for this class; tells the type checker
    headers = graph_headers(request)
    inner = {
        "date": emulator_of(request).clock.datetime().strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": headers["request-id"],
        "client-request-id": headers["client-request-id"],
    }
    body = {"error": {"code": failure.code, "message": failure.message, "innerError": inner}}
    return JSONResponse(body, status_code=failure.status, headers=headers | dict(failure.headers))


def _unauthenticated(request: Request, message: str) -> GraphFailure:
    authorize = f"{base_of(request)}/common/oauth2/v2.0/authorize"
    challenge = f'Bearer realm="", authorization_uri="{authorize}", client_id="{GRAPH_APPLICATION}"'
    return GraphFailure(
        status=401, code="InvalidAuthenticationToken", message=message, headers={"WWW-Authenticate": challenge}
    )


def _raise_fault(request: Request) -> None:
    fault = fault_of(request)
    if fault is not None and fault.speaks_protocol:
        message = fault.error_description or "The request failed."
        raise GraphFailure(status=fault.status or 400, code=fault.error or "UnknownError", message=message)
