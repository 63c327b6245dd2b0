"""`/organizations`: customers' customers as an application's program finds and keeps them."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.errors import NotFound
from broker.models.users import is_writable
from broker.protocol.addresses import canonical_domain
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint
from broker.web.workos import ids, lists
from broker.web.workos import organization_shapes as shapes
from broker.web.workos.access import application_key, by
from broker.web.workos.organization_body import organization_change

MOST_DOMAINS: Final = 50
NOWHERE: Final = ""
"""A domain that nobody has."""
_ONES: Final = frozenset({"search"})
_ALL: Final = "/organizations"
_ONE: Final = _ALL + "/{organization_id}"


async def list_organizations(request: Request, broker: Broker) -> Response:
    """`GET /organizations`: newest first unless asked otherwise."""
    page = lists.page_of(request)
    unverified_pairs = parse.pairs(request.scope["query_string"])
    found = await broker.organizing.organizations.page(
        page.seek("org"),
        domains=_domains(unverified_pairs),
        name_part=lists.searched(parse.single(unverified_pairs, _ONES)),
    )
    return lists.answer(page, found, shapes.organization)


async def create(request: Request, broker: Broker) -> Response:
    """`POST /organizations`."""
    wanted = organization_change(await parse.json_object(request), is_new=True)
    made = await broker.organizing.organizations.create(wanted, by(request, broker))
    return JSONResponse(shapes.organization(made), status_code=201)


async def read(request: Request, broker: Broker) -> Response:
    """`GET /organizations/{id}`."""
    return JSONResponse(shapes.organization(await broker.organizing.organizations.get(organization_id_of(request))))


async def read_by_external_id(request: Request, broker: Broker) -> Response:
    """`GET /organizations/external_id/{external_id}`."""
    unverified: str = request.path_params["external_id"]
    if not unverified or not is_writable(unverified):
        raise NotFound("There is no such organization.")
    return JSONResponse(shapes.organization(await broker.organizing.organizations.by_external_id(unverified)))


async def change(request: Request, broker: Broker) -> Response:
    """`PUT /organizations/{id}`: what is absent stays."""
    wanted = organization_change(await parse.json_object(request))
    changed = await broker.organizing.organizations.change(organization_id_of(request), wanted, by(request, broker))
    return JSONResponse(shapes.organization(changed))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /organizations/{id}`: with its connections and memberships; sessions that act in it end."""
    await broker.organizing.organizations.delete(organization_id_of(request), by(request, broker))
    return Response(status_code=204)


def organization_id_of(request: Request) -> str:
    """Our id of the organization in the path. Raises `NotFound` for what cannot be one."""
    found = ids.read("org", request.path_params["organization_id"])
    if found is None:
        raise NotFound("There is no such organization.")
    return found


def _domains(unverified_pairs: list[tuple[str, str]]) -> list[str]:
    """A comma list from Python, a repeated parameter from Node; what is no domain is nobody's."""
    given = [value for name, value in unverified_pairs if name in ("domains", "domains[]") and value]
    named = [each.strip() for value in given for each in value.split(",")][:MOST_DOMAINS]
    return [canonical_domain(each) or NOWHERE for each in named]


ORGANIZATIONS: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path=_ALL, handler=list_organizations, access=application_key),
    Endpoint(method="POST", path=_ALL, handler=create, access=application_key),
    # Before the others: an external id may be any text, slashes included.
    Endpoint(
        method="GET", path=_ALL + "/external_id/{external_id:path}", handler=read_by_external_id, access=application_key
    ),
    Endpoint(method="GET", path=_ONE, handler=read, access=application_key),
    Endpoint(method="PUT", path=_ONE, handler=change, access=application_key),
    Endpoint(method="DELETE", path=_ONE, handler=delete, access=application_key),
)
