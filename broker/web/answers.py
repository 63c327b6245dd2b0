"""The answers that every face and the middleware give alike: a refusal, a redirect, the time to come back."""

import re

from starlette.responses import JSONResponse, Response

from broker.errors import BrokerError
from broker.web.strings import STATUS

RETRY_SECONDS = 2
_LOCATION = re.compile(r"[\x21-\x7e]+")


def refusal(status: int, *, retry_after: int | None = None) -> JSONResponse:
    """A status and the body that our clients read."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"code": status, "message": STATUS[status]}, status_code=status, headers=headers)


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
    return redirection(location, status=303)


def redirection(location: str, *, status: int) -> Response:
    """The same with another status, for clients that expect 302."""
    if not _LOCATION.fullmatch(location):
        raise ValueError("a Location that is no canonical URL")
    return Response(status_code=status, headers={"Location": location})
