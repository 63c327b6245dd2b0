"""Our errors as the faces for programs spell them: an HTTP status, and the JSON body that Hanko's clients read."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker import errors
from broker.errors import BrokerError
from broker.web.answers import told_when
from broker.web.broker import Broker
from broker.web.parse import UnsupportedMediaType
from broker.web.strings import STATUS
from broker.web.surface import note

STATUSES: Mapping[type[BrokerError], int] = {
    UnsupportedMediaType: 415,
    errors.NotAuthenticated: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.CodeExpired: 422,
    errors.RateLimited: 429,
    errors.InvalidRequest: 400,
    errors.RedirectNotAllowed: 400,
    errors.IdentityRefused: 403,
    errors.LinkingRefused: 403,
    errors.StoreUnavailable: 503,
    errors.UpstreamUnavailable: 503,
}
REASON_STATUSES: Mapping[str, int] = {
    "not_kept": 404,
    "invalid_response": 503,
    "provider_misconfigured": 503,
    "temporarily_unavailable": 503,
}
"""The status of a `Reason` why there is no token of a provider; whatever else it is waits for the person: 409."""
TOLD = (errors.InvalidRequest, errors.NotFound, errors.CodeExpired, errors.Conflict)
"""Errors whose detail says what the caller should change; every other one keeps it for the log."""


def status_of(error: BrokerError) -> int:
    """The HTTP status of an error, by its class or the nearest above it."""
    if isinstance(error, errors.ProviderTokenRefused):
        return REASON_STATUSES.get(error.code, 409)
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return 400 if isinstance(error, errors.Rejected | errors.SignInFailed) else 500


def body(status: int, message: str | None = None, *, reason: str | None = None) -> JSONResponse:
    """The error body that Hanko's clients read; with `error` where programs have to tell reasons apart."""
    content: dict[str, int | str] = {"code": status, "message": message or STATUS.get(status, "Error")}
    return JSONResponse(content | ({"error": reason} if reason else {}), status_code=status)


class JsonDialect:
    """Errors of the endpoints that programs call."""

    def spell(self, error: BrokerError, request: Request, _broker: Broker) -> Response:
        """A status and Hanko's body; 503 and 429 say when to come back."""
        status = status_of(error)
        note(request, error=error.code, detail=error.detail)
        # The cookie is left alone on 401: a late answer to an old tab would wipe out the session of a newer sign-in.
        message = error.detail if isinstance(error, TOLD) else None
        reason = error.code if isinstance(error, errors.ProviderTokenRefused) else None
        return told_when(body(status, message, reason=reason), error)

    def spell_unforeseen(self, _request: Request, _broker: Broker) -> Response:
        """500, and nothing else."""
        return body(500)
