"""The headers that every answer has, unless its handler chose a stricter or fitting one of its own."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DEFAULTS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}
_POLICY = b"content-security-policy"
_NOBODY = b"frame-ancestors 'none'"
_HSTS = "max-age=31536000"


class SecurityHeaders:
    """Adds what is missing. `is_https` says whether browsers reach us by https."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self.app = app
        headers = _DEFAULTS | ({"Strict-Transport-Security": _HSTS} if is_https else {})
        self._pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, complete the answer's headers."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                present = {name for name, _ in given}
                if _may_be_framed(given):
                    # An older word for the same, which knows no list: browsers that go by it would frame nothing.
                    present.add(b"x-frame-options")
                message["headers"] = [*given, *(pair for pair in self._pairs if pair[0] not in present)]
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


def _may_be_framed(given: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == _POLICY and b"frame-ancestors" in value and _NOBODY not in value for name, value in given)
