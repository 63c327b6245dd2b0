"""`/users/{id}/emails` of the admin API."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.accounts.administration import NewAddress
from broker.errors import NotFound
from broker.models.users import Email
from broker.web import parse
from broker.web.broker import Broker
from broker.web.hanko import present
from broker.web.hanko.admin import reading

_WRAPPED = "code=400, message="
"""The doubled form is what its clients know."""
_BAD_USER = f"{_WRAPPED}UserId must be a valid uuid"
_BAD_EMAIL = f"{_WRAPPED}EmailId must be a valid uuid4"


async def list_addresses(request: Request, broker: Broker) -> Response:
    """`GET /users/{id}/emails`: of a user who is not there, none."""
    found = await broker.users.addresses(reading.path_uuid(request, "user_id", _BAD_USER))
    return JSONResponse([present.admin_email(each) for each in found])


async def add(request: Request, broker: Broker) -> Response:
    """`POST /users/{id}/emails`."""
    user_id = reading.path_uuid(request, "user_id", _BAD_USER)
    body = await parse.json_object(request)
    new = NewAddress(
        address=reading.address(body.get("address"), prefix=_WRAPPED),
        is_primary=reading.switch(body, "is_primary"),
        is_verified=reading.switch(body, "is_verified"),
    )
    email = await broker.accounts.administration.add_address(user_id, new, reading.by(request, broker))
    return JSONResponse(present.admin_email(email), status_code=201)


async def read(request: Request, broker: Broker) -> Response:
    """`GET /users/{id}/emails/{email_id}`."""
    user_id, email_id = _ids(request)
    return JSONResponse(present.admin_email(_one(await broker.users.addresses(user_id), email_id)))


async def delete(request: Request, broker: Broker) -> Response:
    """`DELETE /users/{id}/emails/{email_id}`: the primary one stays."""
    user_id, email_id = _ids(request)
    await broker.accounts.administration.delete_address(user_id, email_id, reading.by(request, broker))
    return Response(status_code=204)


async def set_primary(request: Request, broker: Broker) -> Response:
    """`POST /users/{id}/emails/{email_id}/set_primary`."""
    user_id, email_id = _ids(request)
    await broker.accounts.administration.set_primary(user_id, email_id, reading.by(request, broker))
    return Response(status_code=204)


def _ids(request: Request) -> tuple[str, str]:
    return reading.path_uuid(request, "user_id", _BAD_USER), reading.path_uuid(request, "email_id", _BAD_EMAIL)


def _one(emails: tuple[Email, ...], email_id: str) -> Email:
    found = next((each for each in emails if each.id == email_id), None)
    if found is None:
        raise NotFound(f"email with id '{email_id}' was not found")
    return found
