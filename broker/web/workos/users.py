"""`/user_management/users`: people as an application's program finds and keeps them.

Somebody whom no address names is nobody here: these clients take the address for a text that is always there.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker import errors
from broker.accounts.upkeep import ADDRESS_TAKEN, EXTERNAL_ID_TAKEN
from broker.errors import BrokerError, NotFound
from broker.models.users import PeopleFilter, Person, is_writable
from broker.protocol.addresses import canonical_address
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint, note
from broker.web.workos import ids, lists, present
from broker.web.workos.access import application_key, by
from broker.web.workos.errors import ApiDialect, api_error
from broker.web.workos.user_body import new_user, user_changes

NOBODY: Final = ""
"""What nothing is called: the filter that lets nobody through."""
_FILTERS: Final = frozenset({"email", "organization_id", "organization"})
_USERS: Final = "/user_management/users"
_USER: Final = _USERS + "/{user_id}"


async def list_users(request: Request, broker: Broker) -> Response:
    """`GET /user_management/users`: newest first unless asked otherwise."""
    page = lists.page_of(request)
    found = await broker.users.people(page.seek("user"), _sought(request))
    return lists.answer(page, found, _shown)


async def create(request: Request, broker: Broker) -> Response:
    """`POST /user_management/users`: somebody who has not signed in yet."""
    wanted = new_user(await parse.json_object(request))
    return JSONResponse(_shown(await broker.accounts.upkeep.create(wanted, by(request, broker))), status_code=201)


async def read(request: Request, broker: Broker) -> Response:
    """`GET /user_management/users/{id}`."""
    return JSONResponse(_shown(await broker.users.person(user_id_of(request))))


async def read_by_external_id(request: Request, broker: Broker) -> Response:
    """`GET /user_management/users/external_id/{external_id}`."""
    unverified: str = request.path_params["external_id"]
    if not unverified or not is_writable(unverified):
        raise NotFound("user not found")
    return JSONResponse(_shown(await broker.users.person_called(unverified)))


async def change(request: Request, broker: Broker) -> Response:
    """`PUT /user_management/users/{id}`: what is absent stays."""
    wanted = user_changes(await parse.json_object(request))
    person = await broker.accounts.upkeep.change(user_id_of(request), wanted, by(request, broker))
    return JSONResponse(_shown(person))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /user_management/users/{id}`: with everything of theirs."""
    await broker.accounts.upkeep.delete(user_id_of(request), by(request, broker))
    return Response(status_code=204)


async def identities(request: Request, broker: Broker) -> Response:
    """`GET /user_management/users/{id}/identities`: a bare array, which is how the SDKs want it.

    What an emulator made up is no identity where none may stand in: it could bear a real person's id.
    """
    profile, may_stand_in = await broker.users.profile(user_id_of(request)), broker.sessions.is_emulator_admitted
    real = [each for each in profile.identities if not each.emulator or may_stand_in(each.provider)]
    return JSONResponse([present.identity(each) for each in real])


def user_id_of(request: Request) -> str:
    """Our id of the user in the path. Raises `NotFound` for what cannot be one."""
    found = ids.read("user", request.path_params["user_id"])
    if found is None:
        raise NotFound("user not found")
    return found


def _sought(request: Request) -> PeopleFilter:
    """What cannot be an address or an id is nobody's, and no mistake."""
    given = lists.filters(request.scope["query_string"], _FILTERS)
    organization = given.get("organization_id", given.get("organization"))
    email = given.get("email")
    return PeopleFilter(
        address=None if email is None else canonical_address(email.strip()) or NOBODY,
        organization_id=None if organization is None else ids.read("org", organization) or NOBODY,
    )


def _shown(person: Person) -> dict[str, object]:
    if person.profile.primary_email is None:
        raise NotFound("user not found")
    return present.user(person.profile, metadata=person.metadata)


class UsersDialect(ApiDialect):
    """What is somebody else's already: 400, in the words that these clients know."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """As all of the API, but for that."""
        if not isinstance(error, errors.Conflict) or error.code not in (ADDRESS_TAKEN, EXTERNAL_ID_TAKEN):
            return super().spell(error, request, broker)
        note(request, error=error.code, detail=error.detail)
        if error.code == EXTERNAL_ID_TAKEN:
            return api_error(400, "external_id_already_used", "The external ID is another user's already.")
        taken = {"code": "email_not_available", "message": "The email address is another user's already."}
        if request.method == "POST":
            return api_error(400, "user_creation_error", "The user could not be created.", errors=[taken])
        return api_error(400, **taken, errors=[taken])


_DIALECT: Final = UsersDialect()
USERS: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path=_USERS, handler=list_users, access=application_key),
    Endpoint(method="POST", path=_USERS, handler=create, access=application_key, dialect=_DIALECT),
    # Before the others: an external id may be any text, slashes included.
    Endpoint(
        method="GET",
        path=_USERS + "/external_id/{external_id:path}",
        handler=read_by_external_id,
        access=application_key,
    ),
    Endpoint(method="GET", path=_USER, handler=read, access=application_key),
    Endpoint(method="PUT", path=_USER, handler=change, access=application_key, dialect=_DIALECT),
    Endpoint(method="DELETE", path=_USER, handler=delete, access=application_key),
    Endpoint(method="GET", path=_USER + "/identities", handler=identities, access=application_key),
)
