"""Bodies: at most 64 KiB, within ten seconds, and whole. A slow or endless one costs the sender, not us.

A body has no meaning with GET, HEAD and OPTIONS (RFC 9110 section 9.3): there it is not read, and one that is large or
does not say how large is refused.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.answers import refusal

MOST_BYTES = 64 * 1024
SECONDS = 10
_MOST_DIGITS = 12
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyLimit:
    """Reads the body before anything else does, so that a refusal is the only answer. `seconds` for all of it."""

    def __init__(self, app: ASGIApp, *, seconds: float = SECONDS) -> None:
        self.app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or answer 400, 408 or 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        found = _refused_length(headers.get("content-length", "0"))
        if scope["method"] not in _WITHOUT_BODY:
            found = found or await self._body(receive)
        elif "transfer-encoding" in headers:
            found = found or 413
        if isinstance(found, int):
            await _closing(scope, found)(scope, receive, send)
            return
        await self.app(scope, receive if found is None else _replay(found, receive), send)

    async def _body(self, receive: Receive) -> bytes | int:
        """The body, or the status that refuses it."""
        try:
            async with asyncio.timeout(self._seconds):
                return await _read(receive)
        except TimeoutError:
            return 408


def _refused_length(declared: str) -> int | bytes | None:
    if not (declared.isascii() and declared.isdigit()):
        return 400
    return 413 if len(declared) > _MOST_DIGITS or int(declared) > MOST_BYTES else None


async def _read(receive: Receive) -> bytes | int:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Half a body says something that nobody asked for: a code cut short would be sent to the provider.
            return 400
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return 413
        if not message.get("more_body", False):
            return bytes(body)


def _closing(scope: Scope, status: int) -> Response:
    """A refusal that ends the connection: what is left of the body would arrive for as long as its sender likes."""
    response = refusal(scope, status)
    response.headers["Connection"] = "close"
    return response


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replaying() -> Message:
        return pending.pop() if pending else await receive()

    return replaying
