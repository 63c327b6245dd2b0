"""A client application and a browser in one, written from the specifications, without the emulator's own code."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import jwt

from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer

REDIRECT_URI = "http://localhost:8000/thirdparty/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
CEDAR = "ceda0000-0000-4000-8000-000000000003"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    text: str
    set_cookies: list[str] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def location(self) -> str:
        return self.headers["Location"]

    @property
    def reply(self) -> dict[str, str]:
        """The parameters that the redirect carries, in query or fragment."""
        parts = urlsplit(self.location)
        return dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))


class Client:
    """Sends requests as a well-behaved client would; `None` as a parameter leaves out what it would send."""

    def __init__(self, peer: MicrosoftPeer, http: aiohttp.ClientSession) -> None:
        self.peer = peer
        self.http = http

    @classmethod
    @asynccontextmanager
    async def open(cls, peer: MicrosoftPeer) -> AsyncIterator["Client"]:
        async with aiohttp.ClientSession() as http:
            yield cls(peer, http)

    async def send(self, method: str, path: str, **rest: Any) -> Answer:
        url = path if path.startswith("http") else self.peer.base_url + path
        async with self.http.request(method, url, allow_redirects=False, **rest) as answer:
            cookies = answer.headers.getall("Set-Cookie", [])
            return Answer(
                status=answer.status, headers=answer.headers, text=await answer.text(), set_cookies=list(cookies)
            )

    def authorization(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request."""
        parameters: dict[str, str | None] = {
            "client_id": FIRST_CLIENT,
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    async def authorize(self, person: str | None = None, *, tenant: str = "common", **changes: str | None) -> Answer:
        """Ask for a sign-in; `person` is chosen without a page."""
        if person is not None:
            changes["login_hint"] = f"auto:{person}"
        return await self.send("GET", f"/{tenant}/oauth2/v2.0/authorize", params=self.authorization(**changes))

    async def code(self, person: str = "alice", *, tenant: str = "common", **changes: str | None) -> str:
        answer = await self.authorize(person, tenant=tenant, **changes)
        assert answer.status == 302, answer.text
        return answer.reply["code"]

    async def redeem(
        self,
        code: str | None,
        *,
        tenant: str = "common",
        headers: Mapping[str, str] | None = None,
        **changes: str | None,
    ) -> Answer:
        """Redeem a code."""
        parameters: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": FIRST_CLIENT,
            "client_secret": SECRET,
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            **changes,
        }
        form = {name: value for name, value in parameters.items() if value is not None}
        return await self.send("POST", f"/{tenant}/oauth2/v2.0/token", data=form, headers=headers)

    async def refresh(
        self,
        refresh_token: str | None,
        *,
        tenant: str = "common",
        headers: Mapping[str, str] | None = None,
        **changes: str | None,
    ) -> Answer:
        """Use a refresh token."""
        without: dict[str, str | None] = {"redirect_uri": None, "code_verifier": None, "grant_type": "refresh_token"}
        changes = {**without, "refresh_token": refresh_token, **changes}
        return await self.redeem(None, tenant=tenant, headers=headers, **changes)

    async def tokens(self, person: str = "alice", *, tenant: str = "common", **changes: str | None) -> dict[str, Any]:
        """What the token endpoint answers to a sign-in that asked for a refresh token."""
        changes = {"scope": "openid profile email offline_access", **changes}
        client_id = changes.get("client_id", FIRST_CLIENT)
        code = await self.code(person, tenant=tenant, **changes)
        answer = await self.redeem(code, tenant=tenant, client_id=client_id)
        assert answer.status == 200, answer.text
        tokens: dict[str, Any] = answer.json
        return tokens

    async def sign_in(self, person: str = "alice", *, tenant: str = "common", **changes: str | None) -> dict[str, Any]:
        """A whole sign-in: the claims of a verified ID token."""
        client_id = changes.get("client_id", FIRST_CLIENT)
        code = await self.code(person, tenant=tenant, **changes)
        answer = await self.redeem(code, tenant=tenant, client_id=client_id)
        assert answer.status == 200, answer.text
        return await self.verify(answer.json["id_token"], tenant=tenant, audience=str(client_id))

    async def keys(self, tenant: str = "common") -> list[dict[str, Any]]:
        answer = await self.send("GET", f"/{tenant}/discovery/v2.0/keys")
        keys: list[dict[str, Any]] = answer.json["keys"]
        return keys

    async def verify(self, id_token: str, *, tenant: str = "common", audience: str = FIRST_CLIENT) -> dict[str, Any]:
        """The claims, after the signature was checked against the published keys and `iss` against the key's issuer."""
        kid = jwt.get_unverified_header(id_token)["kid"]
        key = next(key for key in await self.keys(tenant) if key["kid"] == kid)
        claims: dict[str, Any] = jwt.decode(id_token, jwt.PyJWK(key, "RS256"), ["RS256"], audience=audience)
        assert claims["iss"] == key["issuer"].replace("{tenantid}", claims["tid"])
        return claims
