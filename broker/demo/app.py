"""The backend of the demo application: one page and two routes.

What of this depends on sharing a host name: broker and demo both run on `localhost`, and cookies ignore ports, so the
cookie that the broker sets reaches this backend too. In production, give both one site (`login.example.com` and
`app.example.com`): calls from the page to the broker then carry the cookie as it is, and `session.cookie.domain:
example.com` lets this backend read it as well, along with every other host below that name, so only where you trust
them all. On different sites use `session.delivery: token`: the browser comes back with a one-time `hanko_token`, your
backend redeems it at `POST /token` and keeps the session in a cookie of its own. Checking a token is the same in each.
"""

import json
import ssl
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from broker.demo.guard import SecurityHeaders, is_from_our_page
from broker.demo.keys import BrokerUnreachable
from broker.demo.session import NotSignedIn, Sessions

HERE = Path(__file__).parent
MAX_BODY = 4096
MAX_NOTE = 200
NOTES_PER_USER = 5
USERS_WITH_NOTES = 1000


class Refused(Exception):
    """A request that is not served: HTTP status, short code, and a sentence for the developer who sent it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Backend:
    """The routes, and the little they remember. `sessions` is there from the moment the application starts."""

    sessions: Sessions

    def __init__(self, *, broker_url: str, own_origin: str, cookie_name: str) -> None:
        self._broker_url = broker_url
        self._own_origin = own_origin
        self._cookie_name = cookie_name
        self._templates = Jinja2Templates(directory=HERE / "templates")
        self._notes: OrderedDict[str, deque[str]] = OrderedDict()

    async def page(self, request: Request) -> Response:
        """`GET /`: the one page. The broker sends the browser back here, signed in or with `?error=`."""
        return self._templates.TemplateResponse(
            request,
            "index.html",
            {"broker_url": self._broker_url, "app_url": self._own_origin, "cookie_name": self._cookie_name},
        )

    async def whoami(self, request: Request) -> Response:
        """`GET /api/whoami`: reads something, so the signature is enough."""
        session = await self.sessions.read(request)
        return JSONResponse(
            {
                "user_id": session.user_id,
                "email": session.email,
                "session_id": session.session_id,
                "expires_at": datetime.fromtimestamp(session.expires_at, UTC).isoformat().replace("+00:00", "Z"),
                "carried_by": session.carried_by,
            }
        )

    async def add_note(self, request: Request) -> Response:
        """`POST /api/notes` `{"text"}`: changes something, so it must come from our page and the session must live."""
        if not is_from_our_page(request.headers, own_origin=self._own_origin):
            raise Refused(403, "cross_site", "This request was sent by another site's page.")
        session = await self.sessions.read(request)
        await self.sessions.confirm(session)
        text = await _note_in(request)
        notes = self._notes.setdefault(session.user_id, deque(maxlen=NOTES_PER_USER))
        notes.append(text)
        self._notes.move_to_end(session.user_id)
        if len(self._notes) > USERS_WITH_NOTES:
            self._notes.popitem(last=False)
        return JSONResponse({"notes": list(notes)}, status_code=201)


async def _note_in(request: Request) -> str:
    """The note in the body, between 1 and 200 characters. Raises Refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "not_json", "Send application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "too_large", "A note is shorter than that.")
    try:
        text = json.loads(bytes(body))["text"].strip()
        text.encode()  # half of a surrogate pair is JSON, but no text that could be sent back
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        text = ""
    if not 1 <= len(text) <= MAX_NOTE:
        raise Refused(400, "bad_note", 'Send {"text": "…"} with 1 to 200 characters.')
    return str(text)


def _refused(_: Request, error: Exception) -> Response:
    status, code, message = 500, "server_error", "Something went wrong."
    headers = {}
    if isinstance(error, Refused):
        status, code, message = error.status, error.code, error.message
    elif isinstance(error, NotSignedIn):
        status, code, message = 401, "not_signed_in", "Sign in first."
        headers = {"WWW-Authenticate": "Bearer"}  # RFC 6750 section 3
    elif isinstance(error, BrokerUnreachable):
        status, code, message = 503, "broker_unreachable", "The broker does not answer. Try again in a moment."
        headers = {"Retry-After": "5"}
    return JSONResponse({"error": code, "message": message}, status_code=status, headers=headers)


def create_app(
    *,
    broker_url: str,
    app_url: str,
    cookie_name: str = "hanko",
    audience: str,
    issuer: str,
    ca_file: Path | None = None,
) -> Starlette:
    """The demo application for the broker at `broker_url`, itself reached at `app_url`.

    `issuer` and `audience` are what the broker writes into its session tokens (by default its public URL, and the host
    of that), `cookie_name` is the name of its session cookie. `ca_file` names who signed the broker's certificate,
    where that is nobody whom this machine trusts by itself.
    """
    broker_url = broker_url.rstrip("/")
    broker, own = urlsplit(broker_url), urlsplit(app_url)
    backend = Backend(broker_url=broker_url, own_origin=f"{own.scheme}://{own.netloc}", cookie_name=cookie_name)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        trusted = True if ca_file is None else ssl.create_default_context(cafile=ca_file)
        # One client for all users, so it keeps no cookies: the broker's answer to one must never go out with another.
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted),
            timeout=aiohttp.ClientTimeout(total=5),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as http:
            backend.sessions = Sessions(
                http=http, broker_url=broker_url, issuer=issuer, audience=audience, cookie_name=cookie_name
            )
            yield

    return Starlette(
        routes=[
            Route("/", backend.page),
            Route("/api/whoami", backend.whoami),
            Route("/api/notes", backend.add_note, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[
            Middleware(SecurityHeaders, broker_origin=f"{broker.scheme}://{broker.netloc}"),
            # A foreign name that resolves to us (DNS rebinding) would make its page count as our own.
            Middleware(TrustedHostMiddleware, allowed_hosts=[own.hostname or "localhost"], www_redirect=False),
        ],
        exception_handlers={Refused: _refused, NotSignedIn: _refused, BrokerUnreachable: _refused},
        lifespan=lifespan,
    )
