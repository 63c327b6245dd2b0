"""Bodies: at most 64 KiB, within ten seconds, and whole. A slow or endless one costs the sender, not us."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.web.middleware.answers import refusal

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
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self.app(scope, receive, send)
            return
        found = _refused_length(Headers(scope=scope).get("content-length", "0")) or await self._body(receive)
        if isinstance(found, bytes):
            await self.app(scope, _replay(found, receive), send)
            return
        await _closing(found)(scope, receive, send)

    async def _body(self, receive: Receive) -> bytes | int:
        """The body, or the status that refuses it."""
        try:
            async with asyncio.timeout(self._seconds):
                return await _read(receive)
        except TimeoutError:
            return 408


def _refused_length(declared: str) -> int | None:
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


def _closing(status: int) -> Response:
    """A refusal that ends the connection: what is left of the body would arrive for as long as its sender likes."""
    response = refusal(status)
    response.headers["Connection"] = "close"
    return response


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replaying() -> Message:
        return pending.pop() if pending else await receive()

    return replaying
