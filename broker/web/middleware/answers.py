"""The answers that middleware gives before any handler is reached."""

from starlette.responses import JSONResponse

from broker.web.strings import STATUS


def refusal(status: int, *, retry_after: int | None = None) -> JSONResponse:
    """A status and the body that our clients read."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"code": status, "message": STATUS[status]}, status_code=status, headers=headers)
