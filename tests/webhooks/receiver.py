"""Somebody's endpoint for webhooks: a real server that takes, refuses or keeps waiting, and remembers what came."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.servers import loopback_socket, port_of, serving


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request. Its token is not verified here."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    status: int
    raw: bytes = b""

    @property
    def claims(self) -> dict[str, Any]:
        """What the token says."""
        return jwt.decode(self.body["token"], options={"verify_signature": False})

    @property
    def id(self) -> str:
        """By which repeats are dropped."""
        found: str = self.claims["jti"]
        return found

    @property
    def user_id(self) -> str:
        """Whom it is about."""
        data = self.claims["data"]
        found: str = data.get("user_id") or data["id"]
        return found


@dataclass(kw_only=True)
class Receiver:
    """`answer` says which status a path is answered with; `held`, while it is set, keeps everybody waiting for it."""

    port: int
    answer: Callable[[str], Response | int] = lambda _path: 200
    held: asyncio.Event | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[Received] = field(default_factory=list)

    def url(self, path: str = "/hook") -> str:
        """Of one of its endpoints."""
        return f"http://localhost:{self.port}{path}"

    def names(self) -> list[str]:
        """The events that it took, in order."""
        return [each.body["event"] for each in self.taken()]

    def taken(self, path: str | None = None) -> list[Received]:
        """What was answered with success."""
        return [one for one in self.received if one.status < 300 and path in (None, one.path)]

    def ids(self, user_id: str) -> list[str]:
        """What it took about a user, each once, in the order in which it first came."""
        return list(dict.fromkeys(one.id for one in self.taken() if one.user_id == user_id))

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The server."""
        request = Request(scope, receive)
        raw = await request.body()
        body = json.loads(raw)
        self.came.set()
        if self.held is not None:
            await self.held.wait()
        answer = self.answer(request.url.path)
        response = answer if isinstance(answer, Response) else Response(status_code=answer)
        self.received.append(
            Received(
                path=request.url.path, headers=dict(request.headers), body=body, status=response.status_code, raw=raw
            )
        )
        await response(scope, receive, send)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver until the block ends."""
    listener = loopback_socket()
    receiver = Receiver(port=port_of(listener))
    async with serving(receiver.app, listener):
        yield receiver


def verified(token: str, jwks: Sequence[Mapping[str, Any]], *, audience: str = "localhost") -> dict[str, Any]:
    """What a receiver does with a token: the signature by the key set, the audience, and that it is a webhook's."""
    header = jwt.get_unverified_header(token)
    (key,) = (jwt.PyJWK(dict(each)) for each in jwks if each["kid"] == header["kid"])
    options: Any = {"require": ["exp", "iat", "sub"], "verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=[header["alg"]], audience=audience, options=options)
    if claims["sub"] != "hanko webhooks" or "evt" not in claims:
        raise ValueError("no webhook's token")
    return claims
