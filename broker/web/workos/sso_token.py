"""`POST /sso/token`: a code becomes word of who is there, and a token that fetches the same once more.

No session begins. The token is a JWT of a kind of its own, for `/sso/profile` alone: without `sid`, which the session
helpers of the SDKs look for, and with a `typ` that nothing else of ours accepts.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.crypto import new_id
from broker.errors import GrantRefused
from broker.models.connection_profiles import ConnectionProfile
from broker.web.broker import Broker
from broker.web.workos import ids, present
from broker.web.workos.code_grant import exchange_of
from broker.web.workos.credentials import Client, body_of, client_of, required
from broker.web.workos.idempotency import answered_once

TOKEN_SECONDS: Final = 600
TYP: Final = "profile+jwt"


async def token(request: Request, broker: Broker) -> Response:
    """Read the grant, honour it once, present profile and token."""
    body = await body_of(request)
    if required(body, "grant_type") != "authorization_code":
        raise GrantRefused("This grant is not served here.", code="unsupported_grant_type")
    client = client_of(body, request, broker)
    return await answered_once(request, broker, client, lambda: _exchanged(body, client, request, broker))


async def _exchanged(body: Mapping[str, object], client: Client, request: Request, broker: Broker) -> Response:
    there = await broker.exchange.for_profile(exchange_of(body, client, request, broker))
    found = there.profile
    content: dict[str, Any] = {
        "token_type": "Bearer",
        "access_token": _access_token(found, client, broker),
        "expires_in": TOKEN_SECONDS,
        "profile": present.profile(found),
    }
    if there.tokens is not None:
        content["oauth_tokens"] = present.oauth_tokens(found.identity.provider, there.tokens)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _access_token(found: ConnectionProfile, client: Client, broker: Broker) -> str:
    now = broker.clock.now()
    claims = {
        "iss": broker.rules.public_origin,
        "aud": audience(broker),
        "client_id": client.application.client_id,
        "sub": ids.spelled("prof", found.id),
        "jti": ids.spelled("", new_id(broker.clock.now_ms())),
        "iat": now,
        "exp": now + TOKEN_SECONDS,
    }
    return broker.keyring.sign(claims, typ=TYP)


def audience(broker: Broker) -> str:
    """Whom the token is for: this one endpoint."""
    return f"{broker.rules.public_origin}/sso/profile"
