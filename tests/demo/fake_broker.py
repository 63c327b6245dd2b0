"""A small real broker for the demo to talk to: real RSA keys, real HTTP, a switch for each thing that may go wrong."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "localhost"
USER_ID = "01970000-0000-7000-8000-00000000a11c"


@dataclass(kw_only=True)
class Key:
    kid: str
    private: rsa.RSAPrivateKey

    def public_jwk(self) -> dict[str, Any]:
        jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        return {**jwk, "kid": self.kid, "use": "sig", "alg": "RS256"}


def new_key(kid: str) -> Key:
    return Key(kid=kid, private=rsa.generate_private_key(public_exponent=65537, key_size=2048))


@dataclass(kw_only=True)
class FakeBroker:
    """Sessions are the ids in `alive`; `down` answers 503 to everything; `asked` counts requests by path.

    While there is a `gate`, requests wait at it, and `waiting` says that one does.
    """

    url: str
    key: Key
    alive: set[str] = field(default_factory=set)
    published: list[Key] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    down: bool = False
    gate: asyncio.Event | None = None
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    app_origin: str = ""
    name: str = "Alice Alder"
    validated_user_id: str = USER_ID

    def token(self, *, session_id: str = "session-1", key: Key | None = None, **claims: Any) -> str:
        """A session token as the broker writes it; a claim given as `None` is left out."""
        now = int(time.time())
        self.alive.add(session_id)
        all_claims = {
            "sub": USER_ID,
            "iss": self.url,
            "aud": [AUDIENCE],
            "iat": now,
            "exp": now + 3600,
            "session_id": session_id,
            "email": {"address": "alice@alder.example", "is_primary": True, "is_verified": True},
            **claims,
        }
        signer = key or self.key
        return jwt.encode(
            {name: value for name, value in all_claims.items() if value is not None},
            signer.private,
            algorithm="RS256",
            headers={"kid": signer.kid},
        )

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._switches])
        app.add_routes(
            [
                web.get("/.well-known/jwks.json", self._jwks),
                web.post("/sessions/validate", self._validate),
                web.get("/thirdparty/auth", self._sign_in),
                web.get("/me", self._me),
                web.get("/sessions", self._sessions),
                web.delete("/sessions/{id}", self._end),
                web.post("/logout", self._logout),
                web.route("OPTIONS", "/{anything:.*}", self._preflight),
            ]
        )
        return app

    @web.middleware
    async def _switches(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked[request.path] = self.asked.get(request.path, 0) + 1
        if self.gate is not None:
            self.waiting.set()
            await self.gate.wait()
        answer: web.StreamResponse
        answer = web.json_response({"code": 503}, status=503) if self.down else await handler(request)
        if request.headers.get("Origin") == self.app_origin:
            answer.headers["Access-Control-Allow-Origin"] = self.app_origin
            answer.headers["Access-Control-Allow-Credentials"] = "true"
        return answer

    async def _preflight(self, request: web.Request) -> web.Response:
        return web.Response(headers={"Access-Control-Allow-Methods": "GET, POST, DELETE"})

    async def _jwks(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [key.public_jwk() for key in self.published]})

    async def _validate(self, request: web.Request) -> web.Response:
        unverified_token = (await request.json())["session_token"]
        claims = jwt.decode(unverified_token, options={"verify_signature": False})
        if claims["session_id"] not in self.alive:
            return web.json_response({"is_valid": False})
        return web.json_response({"is_valid": True, "user_id": self.validated_user_id})

    async def _sign_in(self, request: web.Request) -> web.Response:
        answer = web.Response(status=303, headers={"Location": request.query["redirect_to"]})
        answer.set_cookie("hanko", self.token(session_id="browser"), httponly=True, samesite="Lax")
        return answer

    def _claims(self, request: web.Request) -> Mapping[str, Any]:
        token = request.cookies.get("hanko", "")
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.key.private.public_key(), algorithms=["RS256"], audience=AUDIENCE
            )
        except jwt.PyJWTError as error:
            raise web.HTTPUnauthorized from error
        if claims["session_id"] not in self.alive:
            raise web.HTTPUnauthorized
        return claims

    async def _me(self, request: web.Request) -> web.Response:
        try:
            claims = self._claims(request)
        except web.HTTPUnauthorized:
            return web.json_response({"code": 401, "message": "Unauthorized"}, status=401)
        return web.json_response(
            {
                "id": claims["sub"],
                "user_id": claims["sub"],
                "name": self.name,
                "emails": [{"id": "e1", "address": "alice@alder.example", "is_verified": True, "is_primary": True}],
                "identities": [{"id": "subject", "provider": "Microsoft", "identity_id": "i1"}],
            }
        )

    async def _sessions(self, request: web.Request) -> web.Response:
        current = self._claims(request)["session_id"]
        return web.json_response(
            [
                {
                    "id": session_id,
                    "created_at": "2026-06-05T10:00:00Z",
                    "last_used": "2026-06-05T10:30:00Z",
                    "expires_at": "2026-06-05T22:00:00Z",
                    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
                    "ip_address": "127.0.0.1",
                    "current": session_id == current,
                }
                for session_id in sorted(self.alive)
            ]
        )

    async def _end(self, request: web.Request) -> web.Response:
        self._claims(request)
        self.alive.discard(request.match_info["id"])
        return web.Response(status=204)

    async def _logout(self, request: web.Request) -> web.Response:
        self.alive.discard(self._claims(request)["session_id"])
        answer = web.Response(status=204)
        answer.del_cookie("hanko")
        return answer
