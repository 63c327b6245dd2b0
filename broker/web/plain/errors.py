"""How the plain surface spells our errors: a JSON body for programs, a redirect to the error URL for page loads."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker import errors
from broker.errors import BrokerError
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
TOLD = (errors.InvalidRequest, errors.NotFound, errors.CodeExpired, errors.Conflict)
"""Errors whose detail says what the caller should change; every other one keeps it for the log."""
RETRY_SECONDS = 2
_LOCATION = re.compile(r"[\x21-\x7e]+")


def status_of(error: BrokerError) -> int:
    """The HTTP status of an error, by its class or the nearest above it."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return 400 if isinstance(error, errors.Rejected | errors.SignInFailed) else 500


def body(status: int, message: str | None = None) -> JSONResponse:
    """The error body that Hanko's clients read."""
    return JSONResponse({"code": status, "message": message or STATUS.get(status, "Error")}, status_code=status)


class PlainDialect:
    """Errors of the endpoints that programs call."""

    def spell(self, error: BrokerError, request: Request, _broker: Broker) -> Response:
        """A status and Hanko's body; 503 and 429 say when to come back."""
        status = status_of(error)
        note(request, error=error.code, detail=error.detail)
        # The cookie is left alone on 401: a late answer to an old tab would wipe out the session of a newer sign-in.
        return told_when(body(status, error.detail if isinstance(error, TOLD) else None), error)

    def spell_unforeseen(self, _request: Request, _broker: Broker) -> Response:
        """500, and nothing else."""
        return body(500)


def told_when(response: Response, error: BrokerError) -> Response:
    """The answer, with the time to come back where it is 429 or 503."""
    if response.status_code in (429, 503):
        response.headers["Retry-After"] = str(error.retry_after or RETRY_SECONDS)
    return response


def see_other(location: str) -> Response:
    """303: the method becomes GET and no body travels on (RFC 9700 section 4.12).

    `location` is canonical, and goes out as it is: quoted again it would be another URL. Raises `ValueError` for what
    no canonical URL holds, line feeds above all.
    """
    if not _LOCATION.fullmatch(location):
        raise ValueError("a Location that is no canonical URL")
    return Response(status_code=303, headers={"Location": location})
