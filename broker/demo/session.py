"""Who is calling: the two ways in which a backend may ask.

`read` checks the token alone (RFC 7519: signature, issuer, audience, expiry). It costs a tenth of a millisecond and no
request, and a session that was ended elsewhere still passes until its token expires. `confirm` asks the broker, which
knows of every sign-out at once: do that before anything is changed.
"""

from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt
from starlette.requests import Request

from broker.demo.keys import BrokerKeys, BrokerUnreachable

MAX_TOKEN = 8192


class NotSignedIn(Exception):
    """No token, or one that does not count. The reason stays with us: a caller with a bad token learns nothing."""


@dataclass(frozen=True, kw_only=True)
class VerifiedSession:
    """What a checked token says. `expires_at` in Unix seconds; `carried_by` is `cookie` or `bearer`."""

    user_id: str
    session_id: str
    email: str | None
    expires_at: int
    carried_by: str
    token: str = field(repr=False)


class Sessions:
    """Reads and confirms the sessions of one broker."""

    def __init__(
        self, *, http: aiohttp.ClientSession, broker_url: str, issuer: str, audience: str, cookie_name: str
    ) -> None:
        self._http = http
        self._keys = BrokerKeys(http=http, url=f"{broker_url}/.well-known/jwks.json")
        self._validate_url = f"{broker_url}/sessions/validate"
        self._issuer = issuer
        self._audience = audience
        self._cookie_name = cookie_name

    async def read(self, request: Request) -> VerifiedSession:
        """The session that the request carries, by its signature. Raises NotSignedIn, BrokerUnreachable."""
        unverified_token, carried_by = _unverified_token(request, cookie_name=self._cookie_name)
        claims = await self._verified_claims(unverified_token)
        user_id, session_id = claims["sub"], claims["session_id"]
        if not isinstance(user_id, str) or not isinstance(session_id, str):
            raise NotSignedIn("claims")
        email = claims.get("email")
        return VerifiedSession(
            user_id=user_id,
            session_id=session_id,
            email=email.get("address") if isinstance(email, dict) else None,
            expires_at=int(claims["exp"]),
            carried_by=carried_by,
            token=unverified_token,
        )

    async def confirm(self, session: VerifiedSession) -> None:
        """Ask the broker whether the session still lives. Raises NotSignedIn, BrokerUnreachable."""
        try:
            async with self._http.post(
                self._validate_url, json={"session_token": session.token}, allow_redirects=False
            ) as answer:
                answer.raise_for_status()
                body = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise BrokerUnreachable("validate") from error
        if not isinstance(body, dict) or body.get("is_valid") is not True or body.get("user_id") != session.user_id:
            raise NotSignedIn("ended")

    async def _verified_claims(self, unverified_token: str) -> dict[str, Any]:
        try:
            unverified_kid = jwt.get_unverified_header(unverified_token).get("kid")
            key = await self._keys.find(unverified_kid) if isinstance(unverified_kid, str) else None
            if key is None:
                raise NotSignedIn("kid")
            # The list of algorithms is ours and not the token's: else `alg: none`, or HS256 with the public key as
            # its secret, would pass (RFC 8725 2.1).
            return jwt.decode(
                unverified_token,
                key,
                algorithms=["RS256"],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub", "session_id"],
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.PyJWTError as error:
            raise NotSignedIn("token") from error


def _unverified_token(request: Request, *, cookie_name: str) -> tuple[str, str]:
    """The token in `Authorization: Bearer` (native apps, other servers), else in the cookie (browsers)."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, value = header.partition(" ")
        candidates, carried_by = ({value.strip()} if scheme.lower() == "bearer" else set()), "bearer"
    else:
        # Another host of the same domain may toss in a cookie of the same name. Two different ones: neither counts.
        pairs = [pair.strip().partition("=") for line in request.headers.getlist("cookie") for pair in line.split(";")]
        candidates, carried_by = {value for name, _, value in pairs if name == cookie_name and value}, "cookie"
    if len(candidates) != 1:
        raise NotSignedIn("no token")
    token = candidates.pop()
    if not token or len(token) > MAX_TOKEN:
        raise NotSignedIn("no token")
    return token, carried_by
