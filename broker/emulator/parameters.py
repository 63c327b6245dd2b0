"""Request parameters as OAuth wants them: each at most once, an empty one counting as absent (RFC 6749 section 3.1)."""

from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BODY = 64 * 1024


class Repeated(Exception):
    """A parameter is given twice; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def parse_parameters(encoded: str) -> dict[str, str]:
    """The parameters of a query or form. Raises `Repeated`."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        if name in parameters:
            raise Repeated(name)
        parameters[name] = value
    return {name: value for name, value in parameters.items() if value}


async def read_form(request: Request) -> str:
    """The form-encoded body as text; empty for another content type or an oversized body."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        return ""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return ""
    return body.decode("utf-8", errors="replace")
