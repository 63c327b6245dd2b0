"""`/connections`: the environment's own connections, which are the configured providers, and those of organizations.

WorkOS' clients make and change connections by SAML and OpenID Connect, its dashboard those by Microsoft. Here an
application's program does, by `POST`, as an extension of ours.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import NotFound, NotPermitted
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint
from broker.web.workos import connection_list, ids, lists
from broker.web.workos import organization_shapes as shapes
from broker.web.workos.access import application_key, by
from broker.web.workos.connection_body import connection_change, new_connection
from broker.web.workos.selection import connection_id_of

_FILTERS: Final = frozenset({"organization_id", "domain"})
_KINDS: Final = frozenset({"connection_type", "search"})
_ALL: Final = "/connections"
_ONE: Final = _ALL + "/{connection_id}"
_GONE: Final = "There is no such connection."


async def list_connections(request: Request, broker: Broker) -> Response:
    """`GET /connections`: the environment's in front, those of organizations behind them by age."""
    page = lists.page_of(request)
    unverified_query = request.scope["query_string"]
    given = {**parse.single(parse.pairs(unverified_query), _KINDS), **lists.filters(unverified_query, _FILTERS)}
    return lists.answer(page, await connection_list.part(page.seek("conn"), given, broker), dict)


async def create(request: Request, broker: Broker) -> Response:
    """`POST /connections`: an extension of ours."""
    made = await broker.organizing.connections.create(
        new_connection(await parse.json_object(request)), by(request, broker)
    )
    return JSONResponse(shapes.connection(made), status_code=201)


async def read(request: Request, broker: Broker) -> Response:
    """`GET /connections/{id}`."""
    wanted = _connection_id(request)
    for provider, name in broker.display_names.items():
        if wanted == connection_id_of(provider):
            return JSONResponse(shapes.environments_connection(provider, name))
    return JSONResponse(shapes.connection(await broker.organizing.connections.get(wanted)))


async def change(request: Request, broker: Broker) -> Response:
    """`PATCH /connections/{id}`: name, state, secret, domains."""
    wanted = _own(request, broker)
    change = connection_change(await parse.json_object(request))
    return JSONResponse(
        shapes.connection(await broker.organizing.connections.change(wanted, change, by(request, broker)))
    )


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /connections/{id}`: nobody signs in by it any more."""
    await broker.organizing.connections.delete(_own(request, broker), by(request, broker))
    return Response(status_code=204)


def _own(request: Request, broker: Broker) -> str:
    """One that an organization has: the environment's are the operator's."""
    wanted = _connection_id(request)
    if any(wanted == connection_id_of(provider) for provider in broker.providers):
        raise NotPermitted("the environment's connection stands in the configuration")
    return wanted


def _connection_id(request: Request) -> str:
    found = ids.read("conn", request.path_params["connection_id"])
    if found is None:
        raise NotFound(_GONE)
    return found


CONNECTIONS: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path=_ALL, handler=list_connections, access=application_key),
    Endpoint(method="POST", path=_ALL, handler=create, access=application_key),
    Endpoint(method="GET", path=_ONE, handler=read, access=application_key),
    Endpoint(method="PATCH", path=_ONE, handler=change, access=application_key),
    Endpoint(method="DELETE", path=_ONE, handler=delete, access=application_key),
)
