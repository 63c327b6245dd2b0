"""`Idempotency-Key`: the name that an SDK gives a request, the same in all its tries (spec of the SDKs' retries).

A key counts only if nobody could guess it: the SDKs send a UUID. For codes, what the first try was answered is told
again; a refresh token's successor is derived, so that a try of the same name brings it about again.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from broker.crypto import token_hash
from broker.web.broker import Broker
from broker.web.workos.credentials import Client

HEADER: Final = "idempotency-key"
_SHORTEST, _LONGEST = 16, 255


def name_of(request: Request) -> str | None:
    """What the request is called, by whoever sent it."""
    unverified = request.headers.getlist(HEADER)
    if len(unverified) != 1 or not _SHORTEST <= len(unverified[0]) <= _LONGEST:
        return None
    return unverified[0]


async def answered_once(
    request: Request, broker: Broker, client: Client, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """The answer to an exchange of a code, which is good once, in whichever try it is given.

    The body is part of what makes two tries one: whoever brings another code, verifier or secret asks something else.
    A session that ended meanwhile is given to nobody.
    """
    name = name_of(request)
    if name is None:
        return await answer()
    made: list[Response] = []

    async def body() -> bytes:
        made.append(await answer())
        return bytes(made[0].body)

    parts = (client.application.client_id, request.url.path, token_hash(name))
    content = token_hash((await request.body()).decode("latin-1"))

    async def is_still_good(told: bytes) -> bool:
        refresh_token = json.loads(told).get("refresh_token")
        return refresh_token is None or await broker.refresh_tokens.is_known(refresh_token)

    told = await broker.repeats.answered("\0".join((*parts, content)), body, is_still_good=is_still_good)
    if made:
        return made[0]
    return Response(told, media_type="application/json", headers={"Cache-Control": "no-store"})
