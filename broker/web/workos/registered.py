"""`/user_management/redirect_uris`, `/user_management/cors_origins`: what a program registers for its application.

What the configuration says is listed, too; only the configuration takes it out.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker import errors
from broker.errors import BrokerError, NotFound
from broker.models.applications import Application
from broker.models.registered_urls import RegisteredKind, RegisteredUrl
from broker.signin.registrations import is_default
from broker.web import parse
from broker.web.broker import Broker
from broker.web.surface import Endpoint
from broker.web.workos import ids, lists, times
from broker.web.workos.access import application_key, application_of, by
from broker.web.workos.errors import ApiDialect, ParametersInvalid

REDIRECT_URIS = "/user_management/redirect_uris"
CORS_ORIGINS = "/user_management/cors_origins"


class RedirectUriDialect(ApiDialect):
    """These clients know a redirect URI that is there already as one that cannot be read."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """422 for what cannot be added."""
        if isinstance(error, errors.Conflict) and request.method == "POST":
            error = ParametersInvalid({"uri": "uri_duplicate"}, error.detail)
        return super().spell(error, request, broker)


async def list_redirect_uris(request: Request, broker: Broker) -> Response:
    """`GET /user_management/redirect_uris`."""
    return await _list("redirect", request, broker)


async def list_origins(request: Request, broker: Broker) -> Response:
    """`GET /user_management/cors_origins`."""
    return await _list("origin", request, broker)


async def create_redirect_uri(request: Request, broker: Broker) -> Response:
    """`POST /user_management/redirect_uris`."""
    return await _create("redirect", "uri", request, broker)


async def create_origin(request: Request, broker: Broker) -> Response:
    """`POST /user_management/cors_origins`."""
    return await _create("origin", "origin", request, broker)


async def delete_redirect_uri(request: Request, broker: Broker) -> Response:
    """`DELETE /user_management/redirect_uris/{id}`."""
    return await _delete("redirect", request, broker)


async def delete_origin(request: Request, broker: Broker) -> Response:
    """`DELETE /user_management/cors_origins/{id}`: the SDKs have no word for it, programs may."""
    return await _delete("origin", request, broker)


async def _list(kind: RegisteredKind, request: Request, broker: Broker) -> Response:
    page, application = lists.page_of(request), application_of(request)
    found = await broker.registrations.list(kind, application)
    part = lists.part_of({one.id: one for one in found}, page.seek(_PREFIXES[kind]))
    return lists.answer(page, part, lambda one: _shown(one, application))


async def _create(kind: RegisteredKind, member: str, request: Request, broker: Broker) -> Response:
    application = application_of(request)
    unverified = (await parse.json_object(request)).get(member)
    if not isinstance(unverified, str) or not unverified:
        raise ParametersInvalid({member: f"{member}_required"}, f"{member} must be a text")
    registered = await broker.registrations.create(kind, application, unverified, by(request, broker))
    return JSONResponse(_shown(registered, application), status_code=201)


async def _delete(kind: RegisteredKind, request: Request, broker: Broker) -> Response:
    url_id = ids.read(_PREFIXES[kind], request.path_params["url_id"])
    if url_id is None:
        raise NotFound("the application has registered nothing under this id")
    await broker.registrations.delete(kind, application_of(request), url_id, by(request, broker))
    return Response(status_code=204)


def _shown(registered: RegisteredUrl, application: Application) -> dict[str, Any]:
    at = times.spelled(registered.created_at)
    if registered.kind == "origin":
        shown: dict[str, Any] = {"object": "cors_origin", "id": ids.spelled("cors_origin", registered.id)}
        shown["origin"] = registered.url
    else:
        shown = {"object": "redirect_uri", "id": ids.spelled("redir", registered.id), "uri": registered.url}
        shown["default"] = is_default(registered, application)
    return {**shown, "created_at": at, "updated_at": at}


_PREFIXES: dict[RegisteredKind, ids.Prefix] = {"redirect": "redir", "origin": "cors_origin"}
_REDIRECTS = RedirectUriDialect()

REGISTERED: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path=REDIRECT_URIS, handler=list_redirect_uris, access=application_key, dialect=_REDIRECTS),
    Endpoint(
        method="POST", path=REDIRECT_URIS, handler=create_redirect_uri, access=application_key, dialect=_REDIRECTS
    ),
    Endpoint(
        method="DELETE",
        path=REDIRECT_URIS + "/{url_id}",
        handler=delete_redirect_uri,
        access=application_key,
        dialect=_REDIRECTS,
    ),
    Endpoint(method="GET", path=CORS_ORIGINS, handler=list_origins, access=application_key),
    Endpoint(method="POST", path=CORS_ORIGINS, handler=create_origin, access=application_key),
    Endpoint(method="DELETE", path=CORS_ORIGINS + "/{url_id}", handler=delete_origin, access=application_key),
)
