"""A neutral OpenID Provider with keys of its own: the other party of the generic providers.

Signs with PyJWT, answers through `raw_http`, shares nothing with the broker. It keeps no people: a test says who
signs in, and may spoil the token by `claims`, `header` and `signer`.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.peers.raw_http import RawServer, Reply, Request, running

CLIENT_ID = "broker at peer"
CLIENT_SECRET = "s3cr+t %&/=~"
DISCOVERY = "/.well-known/openid-configuration"
ABSENT = object()


@lru_cache(maxsize=8)
def rsa_key(name: str) -> RSAPrivateKey:
    """A key by name; making one takes a tenth of a second, so each is made once."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(name: str, **members: Any) -> dict[str, Any]:
    numbers = rsa_key(name).public_key().public_numbers()
    n = b64(numbers.n.to_bytes(256, "big"))
    return {"kty": "RSA", "use": "sig", "kid": name, "n": n, "e": "AQAB"} | members


@dataclass(frozen=True, kw_only=True)
class _Code:
    nonce: str
    challenge: str
    redirect_uri: str
    subject: str


class OidcPeer(RawServer):
    """The provider. `claims` overrides members of the ID token (`ABSENT` takes one out), `userinfo` is its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.published = ["first"]
        self.signer = "first"
        self.client_id = CLIENT_ID
        self.auth_methods = ["client_secret_post", "client_secret_basic"]
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": "248289", "email": "ui@peer.example", "email_verified": True}
        self.token_members: dict[str, Any] = {}
        self._codes: dict[str, _Code] = {}
        self.routes = {
            DISCOVERY: lambda _request: _json(self.discovery()),
            "/keys": lambda _request: _json({"keys": [jwk(name) for name in self.published]}),
            "/token": self._token,
            "/userinfo": self._userinfo,
        }

    @property
    def issuer(self) -> str:
        return self.base_url

    def discovery(self) -> dict[str, Any]:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.base_url}/authorize",
            "token_endpoint": f"{self.base_url}/token",
            "jwks_uri": f"{self.base_url}/keys",
            "userinfo_endpoint": f"{self.base_url}/userinfo",
            "token_endpoint_auth_methods_supported": self.auth_methods,
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return _without_absent(document | self.metadata)

    def sign_in(self, authorization_url: str, *, subject: str = "248289") -> str:
        """What the person does between start and callback: the code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = _Code(
            nonce=asked["nonce"],
            challenge=asked["code_challenge"],
            redirect_uri=asked["redirect_uri"],
            subject=subject,
        )
        return code

    def id_token(self, *, nonce: str, subject: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": subject,
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
            "email": "person@peer.example",
            "email_verified": True,
            "name": "Peer Person",
            "given_name": "Peer",
            "family_name": "Person",
        }
        payload = _without_absent(claims | self.claims)
        headers = {"kid": self.signer} | self.header
        return jwt.encode(payload, rsa_key(self.signer), algorithm="RS256", headers=headers)

    def _token(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in request.form.items() if len(values) == 1}
        if len(form) != len(request.form):
            return _json({"error": "invalid_request", "error_description": "a parameter is repeated"}, 400)
        if _client_of(request, form) != (self.client_id, CLIENT_SECRET):
            return _json({"error": "invalid_client"}, 401)
        known = self._codes.pop(form.get("code", ""), None)
        if known is None:
            return _json({"error": "invalid_grant", "error_description": "<b>unknown code</b>\r\nforged: line"}, 400)
        verifier = form.get("code_verifier", "")
        fits = b64(hashlib.sha256(verifier.encode()).digest()) == known.challenge
        if not fits or form.get("redirect_uri") != known.redirect_uri:
            return _json({"error": "invalid_grant", "error_description": "it does not fit"}, 400)
        members = {
            "token_type": "Bearer",
            "access_token": "at-" + known.subject,
            "expires_in": 3600,
            "id_token": self.id_token(nonce=known.nonce, subject=known.subject),
        }
        return _json(_without_absent(members | self.token_members))

    def _userinfo(self, request: Request) -> Reply:
        if not request.headers.get("authorization", "").startswith("Bearer at-"):
            return _json({"error": "invalid_token"}, 401)
        return _json(_without_absent(self.userinfo))


@asynccontextmanager
async def running_oidc_peer() -> AsyncIterator[OidcPeer]:
    peer = OidcPeer()
    async with running(peer):
        yield peer


def _client_of(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        assert "client_secret" not in form
        name, _, secret = base64.b64decode(value).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _json(document: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(document).encode())


def _without_absent(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}
