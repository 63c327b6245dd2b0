"""`GET /thirdparty/logout/{provider}`: the provider's own sign-out page loads this in a frame when somebody leaves.

The answer is the same empty page whether or not anything ended, and takes at least a tenth of a second: a `sid` is not
to be tried out here. Only a database that is away is told of (503), since nothing ended then; and ending behind a busy
writer may take longer. Only the provider's pages may frame it, and no cookie is looked at.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import InvalidRequest, NotFound
from broker.providers.base import Provider, SignsOut
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import note

LEAST_SECONDS = 0.1
"""An answer takes at least this long, which ending a few sessions does not."""
_PARAMETERS = frozenset({"sid", "iss"})


async def ended_there(request: Request, broker: Broker) -> Response:
    """End the sessions that this provider's `sid` brought about."""
    provider, embedders = _told_by(request, broker)
    ended, _ = await asyncio.gather(_end(provider, request, broker), asyncio.sleep(LEAST_SECONDS))
    note(request, provider=provider.id, ended=ended)
    return Response(
        media_type="text/html",
        headers={
            "Content-Security-Policy": f"default-src 'none'; frame-ancestors {' '.join(embedders)}; base-uri 'none'; "
            "form-action 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "no-cache, no-store",
            "Pragma": "no-cache",
        },
    )


async def _end(provider: Provider, request: Request, broker: Broker) -> int:
    try:
        given = parse.single(parse.pairs(request.scope["query_string"]), _PARAMETERS)
    except InvalidRequest:
        return 0
    # Microsoft sends no `iss`, against the standard, which wants both or neither.
    if not provider.accepts_issuer(given.get("iss")):
        return 0
    return await broker.provider_logout.end(provider.id, given.get("sid"), emulator=provider.emulator)


def _told_by(request: Request, broker: Broker) -> tuple[Provider, tuple[str, ...]]:
    provider = broker.providers.get(request.path_params["provider"])
    if provider is not None and isinstance(provider, SignsOut) and provider.embedders:
        return provider, provider.embedders
    raise NotFound("no provider says here that its session ended")
