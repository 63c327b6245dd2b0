"""The answers that every face and the middleware give alike: a refusal, a redirect, the time to come back."""

import re
from collections.abc import Callable
from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from broker.errors import BrokerError
from broker.web.strings import STATUS

RETRY_SECONDS = 2
REFUSALS: Final = "refusals"
"""Where the scope of a request says how the face spells a refusal that its clients read otherwise: `Refusals`."""
Refusals = Callable[[int], Response]
_LOCATION = re.compile(r"[\x21-\x7e]+")


def refusal(scope: Scope, status: int, *, retry_after: int | None = None) -> Response:
    """A status and the body that whoever asks can read."""
    spelled: Refusals = scope.get(REFUSALS, _refusal)
    response = spelled(status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def told_when(response: Response, error: BrokerError) -> Response:
    """The answer, with the time to come back where it is 429 or 503."""
    if response.status_code in (429, 503):
        response.headers["Retry-After"] = str(error.retry_after or RETRY_SECONDS)
    return response


def _refusal(status: int) -> Response:
    return JSONResponse({"code": status, "message": STATUS[status]}, status_code=status)


def see_other(location: str) -> Response:
    """303: the method becomes GET and no body travels on (RFC 9700 section 4.12).

    `location` is canonical, and goes out as it is: quoted again it would be another URL. Raises `ValueError` for what
    no canonical URL holds, line feeds above all.
    """
    return redirection(location, status=303)


def redirection(location: str, *, status: int) -> Response:
    """The same with another status, for clients that expect 302."""
    if not _LOCATION.fullmatch(location):
        raise ValueError("a Location that is no canonical URL")
    return Response(status_code=status, headers={"Location": location})
