"""`/user_management/organization_memberships`: who belongs to which organization, as an application keeps it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.accounts.memberships import Member
from broker.errors import NotFound
from broker.models.organizations import MembershipFilter, MembershipStatus
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint
from broker.web.workos import ids, lists
from broker.web.workos import organization_shapes as shapes
from broker.web.workos.access import application_key, by
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.membership_body import new_membership, roles_of

_STATUSES: Final[dict[str, MembershipStatus]] = {"active": "active", "inactive": "inactive", "pending": "pending"}
_FILTERS: Final = frozenset({"user_id", "organization_id"})
_ALL: Final = "/user_management/organization_memberships"
_ONE: Final = _ALL + "/{membership_id}"
_NOBODY: Final = ""


async def list_memberships(request: Request, broker: Broker) -> Response:
    """`GET …/organization_memberships`: of a user, of an organization, or both; active ones unless asked otherwise."""
    page = lists.page_of(request)
    found = await broker.organizing.memberships.page(page.seek("om"), _sought(request))
    return lists.answer(page, found, _shown)


async def create(request: Request, broker: Broker) -> Response:
    """`POST …/organization_memberships`: whoever was a member before is one again."""
    user_id, organization_id, roles = new_membership(await parse.json_object(request))
    if (await broker.users.person(user_id)).profile.primary_email is None:
        raise NotFound("There is no such user.")
    made = await broker.organizing.memberships.create(user_id, organization_id, roles, by(request, broker))
    return JSONResponse(_shown(made), status_code=201)


async def read(request: Request, broker: Broker) -> Response:
    """`GET …/organization_memberships/{id}`."""
    return JSONResponse(_shown(await broker.organizing.memberships.get(_membership_id(request))))


async def change(request: Request, broker: Broker) -> Response:
    """`PUT …/organization_memberships/{id}`: its roles; without any it stays as it is."""
    wanted, roles = _membership_id(request), roles_of(await parse.json_object(request))
    return JSONResponse(_shown(await broker.organizing.memberships.change_roles(wanted, roles, by(request, broker))))


async def deactivate(request: Request, broker: Broker) -> Response:
    """`PUT …/organization_memberships/{id}/deactivate`: sessions that act in the organization end."""
    found = await broker.organizing.memberships.deactivate(_membership_id(request), by(request, broker))
    return JSONResponse(_shown(found))


async def reactivate(request: Request, broker: Broker) -> Response:
    """`PUT …/organization_memberships/{id}/reactivate`."""
    found = await broker.organizing.memberships.reactivate(_membership_id(request), by(request, broker))
    return JSONResponse(_shown(found))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE …/organization_memberships/{id}`: sessions that act in the organization end."""
    await broker.organizing.memberships.delete(_membership_id(request), by(request, broker))
    return Response(status_code=204)


def _sought(request: Request) -> MembershipFilter:
    unverified_pairs = parse.pairs(request.scope["query_string"])
    given = lists.filters(request.scope["query_string"], _FILTERS)
    if not given:
        raise ParametersInvalid({"user_id": "user_id_or_organization_id_required"})
    named = [value for name, value in unverified_pairs if name in ("statuses", "statuses[]") and value]
    statuses = [each.strip() for value in named for each in value.split(",")] or ["active"]
    if any(each not in _STATUSES for each in statuses) or len(statuses) > 10:
        raise ParametersInvalid({"statuses": "statuses_unknown"})
    user, organization = given.get("user_id"), given.get("organization_id")
    return MembershipFilter(
        user_id=None if user is None else ids.read("user", user) or _NOBODY,
        organization_id=None if organization is None else ids.read("org", organization) or _NOBODY,
        statuses=[_STATUSES[each] for each in dict.fromkeys(statuses)],
        named=True,
    )


def _membership_id(request: Request) -> str:
    found = ids.read("om", request.path_params["membership_id"])
    if found is None:
        raise NotFound("There is no such organization membership.")
    return found


def _shown(member: Member) -> dict[str, object]:
    """Somebody whom no address names is nobody here, as in `/user_management/users`."""
    if member.person.profile.primary_email is None:
        raise NotFound("There is no such organization membership.")
    return shapes.membership(member.membership, organization_name=member.organization.name, person=member.person)


MEMBERSHIPS: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path=_ALL, handler=list_memberships, access=application_key),
    Endpoint(method="POST", path=_ALL, handler=create, access=application_key),
    Endpoint(method="GET", path=_ONE, handler=read, access=application_key),
    Endpoint(method="PUT", path=_ONE, handler=change, access=application_key),
    Endpoint(method="DELETE", path=_ONE, handler=delete, access=application_key),
    Endpoint(method="PUT", path=_ONE + "/deactivate", handler=deactivate, access=application_key),
    Endpoint(method="PUT", path=_ONE + "/reactivate", handler=reactivate, access=application_key),
)
