"""What keeps other people's pages out: the check against forged requests, and the headers of every answer.

The session cookie travels with every request to this host, whoever's page sent it. `SameSite=Lax` stops other sites but
not other ports or hosts of the same site, so a request that changes something must say that it comes from our own page.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def is_from_our_page(headers: Headers, *, own_origin: str) -> bool:
    """Whether a request may change something. A caller that is no browser sends neither header and is let through."""
    origin = headers.get("origin")
    if origin is not None:
        return origin == own_origin
    return headers.get("sec-fetch-site", "none") in {"same-origin", "none"}


class SecurityHeaders:
    """Pure ASGI: sets what a browser must know about every answer, and allows scripts and calls by name only."""

    def __init__(self, app: ASGIApp, *, broker_origin: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                f"connect-src 'self' {broker_origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            # The page's own URL may carry `error_reference`: nobody else needs it.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, adding the headers to whatever answer comes."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
