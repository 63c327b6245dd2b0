"""How WorkOS' clients spell our errors: four shapes, by the kind of endpoint.

OAuth: `{"error", "error_description"}` where codes and tokens are exchanged. Api: `{"code", "message"}`, with `errors`
for parameters. Both are JSON objects under every status, since the Node SDK throws away what is not. The SDKs make a
class of each status: 400 stays 400, a 401 would hide the body from them. Who loads a page sees one of ours.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker import errors
from broker.errors import BrokerError
from broker.telemetry.logging import get_logger
from broker.web.answers import told_when
from broker.web.broker import Broker
from broker.web.errors import status_of
from broker.web.failure import failed_page
from broker.web.strings import STATUS
from broker.web.surface import note

_GRANTS: Final[Mapping[str, str]] = {"no_code_challenge": "code_challenge_not_found"}
"""Codes of `GrantRefused` that this face has another word and the other shape for."""
_NO_STORE: Final = {"Cache-Control": "no-store"}


class ParametersInvalid(errors.InvalidRequest):
    """Parameters of a management call that cannot be read: field → what is wrong with it, as a code.

    The code names the field, too: the Node SDK shows nothing but the codes.
    """

    def __init__(self, fields: Mapping[str, str], detail: str = "Validation failed") -> None:
        super().__init__(detail)
        self.fields = dict(fields)


def oauth_error(status: int, code: str, description: str, **further: Any) -> JSONResponse:
    """The first shape."""
    content = {"error": code, "error_description": description, **further}
    return JSONResponse(content, status_code=status, headers=_NO_STORE)


def oauth_refusal(status: int) -> JSONResponse:
    """The same for a status, of which there is nothing more to say."""
    if status >= 500:
        return oauth_error(status, "server_error", STATUS.get(status, STATUS[500]))
    return oauth_error(status, "too_many_requests" if status == 429 else "invalid_request", STATUS[status])


def api_error(status: int, code: str, message: str, **further: Any) -> JSONResponse:
    """The second shape."""
    return JSONResponse({"code": code, "message": message, **further}, status_code=status)


def message_error(status: int, message: str) -> JSONResponse:
    """The third: for what needs no code."""
    return JSONResponse({"message": message}, status_code=status)


class OAuthDialect:
    """Of the endpoints that exchange codes and tokens."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """400 for whatever the application can do something about."""
        note(request, error=error.code, detail=error.detail, remedy=error.remedy or None)
        _alarm(error, request, broker)
        if isinstance(error, errors.GrantRefused):
            if error.code in _GRANTS:
                return api_error(400, _GRANTS[error.code], error.detail)
            return oauth_error(400, error.code, error.detail)
        if isinstance(error, errors.IdentityRefused):
            return oauth_error(400, "invalid_grant", "The user cannot be signed in to this application.")
        if isinstance(error, errors.InvalidRequest):
            return oauth_error(400, "invalid_request", error.detail or STATUS[400])
        status = status_of(error)
        if status == 429 or status >= 500:
            return told_when(oauth_refusal(status), error)
        return oauth_error(400 if status == 415 else status, "invalid_request", error.detail or STATUS[status])

    def spell_unforeseen(self, _request: Request, _broker: Broker) -> Response:
        """500, and nothing else."""
        return oauth_refusal(500)


class ApiDialect:
    """Of the management API."""

    def spell(self, error: BrokerError, request: Request, _broker: Broker) -> Response:
        """The status decides the shape; what the caller should change is told, everything else stays in the log."""
        note(request, error=error.code, detail=error.detail)
        status = status_of(error)
        match error:
            case ParametersInvalid(fields=fields):
                named = [{"code": code, "field": field} for field, code in fields.items()]
                return api_error(422, "invalid_request_parameters", error.detail, errors=named)
            case errors.InvalidRequest():
                return api_error(422, "invalid_request_parameters", error.detail or STATUS[400])
            case errors.NotAuthenticated():
                return message_error(401, "Unauthorized")
            case errors.NotFound():
                return api_error(404, "entity_not_found", error.detail or STATUS[404])
            case errors.Conflict():
                return api_error(409, "conflict", error.detail or STATUS[409])
        if status == 429:
            return told_when(api_error(429, "rate_limit_exceeded", STATUS[429]), error)
        return told_when(api_error(status, error.code, STATUS.get(status, STATUS[500])), error)

    def spell_unforeseen(self, _request: Request, _broker: Broker) -> Response:
        """500, and nothing else."""
        return api_error(500, "server_error", STATUS[500])


class MessageDialect(ApiDialect):
    """The same, but for what is not there: told in the third shape, of the oldest paths."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """404 with a message alone."""
        if isinstance(error, errors.NotFound):
            note(request, error=error.code, detail=error.detail)
            return message_error(404, error.detail or STATUS[404])
        return super().spell(error, request, broker)


class PageDialect:
    """Errors of page loads that cannot be told to an application: a page of ours; JSON for what is no page load."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """A page, or JSON."""
        if request.headers.get("sec-fetch-dest", "document") == "document":
            return failed_page(error, request, broker)
        return ApiDialect().spell(error, request, broker)

    def spell_unforeseen(self, request: Request, broker: Broker) -> Response:
        """The same, for a bug."""
        return self.spell(BrokerError("unforeseen"), request, broker)


def _alarm(error: BrokerError, request: Request, broker: Broker) -> None:
    """Count and name what may be an attack."""
    if error.security is not None:
        broker.metrics.security_events.labels(error.security).inc()
        get_logger().warning("security", kind=error.security, request_id=request.scope.get("request_id"))
