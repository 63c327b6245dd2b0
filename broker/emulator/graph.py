"""The part of Microsoft Graph that a sign-in meets: the person, their photo, their groups, and the userinfo endpoint.

An address that the registration keeps out of ID tokens is told here all the same, which is why it proves nothing.
Source: Microsoft Graph's reference of users, profile photos and group memberships, and of the userinfo endpoint.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.emulator.claims import subject
from broker.emulator.graph_answers import GraphFailure, caller_of, graph_answer, graph_base, graph_headers
from broker.emulator.graph_groups import get_member_groups, member_of
from broker.emulator.people import Person
from broker.emulator.photo import PHOTO, SIZES, has_photo


async def me(request: Request) -> Response:
    """`GET /v1.0/me`."""
    person = caller_of(request, any_of=("User.Read", "User.ReadWrite", "User.Read.All")).person
    content: dict[str, object] = {"@odata.context": f"{graph_base(request)}/v1.0/$metadata#users/$entity"}
    return graph_answer(request, content | _profile(person))


async def photo(request: Request) -> Response:
    """`GET /v1.0/me/photo/$value`, and `/v1.0/me/photos/{size}/$value` in the sizes that there are."""
    person = caller_of(request, any_of=("User.Read", "User.ReadWrite", "User.Read.All")).person
    if not has_photo(person) or request.path_params.get("size", SIZES[0]) not in SIZES:
        raise GraphFailure(status=404, code="ImageNotFound", message="The photo wasn't found.")
    return Response(PHOTO, media_type="image/jpeg", headers=graph_headers(request))


async def userinfo(request: Request) -> Response:
    """`GET` or `POST /oidc/userinfo` (OpenID Connect Core section 5.3): neither `tid` nor `oid`, and no options."""
    issued = caller_of(request, any_of=("openid",))
    person = issued.person
    claims: dict[str, object | None] = {"sub": subject(person, issued.client_id)}
    if "profile" in issued.scopes:
        claims |= {"name": person.name, "family_name": person.family_name, "given_name": person.given_name}
        claims["picture"] = f"{graph_base(request)}/v1.0/me/photo/$value"
    if "email" in issued.scopes:
        claims["email"] = person.email
    return graph_answer(request, {name: value for name, value in claims.items() if value is not None})


def _profile(person: Person) -> dict[str, object | None]:
    personal = person.tenant.personal
    return {
        "businessPhones": [],
        "displayName": person.name,
        "givenName": person.given_name,
        "jobTitle": None,
        "mail": None if personal else person.email,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None if personal else "en-US",
        "surname": person.family_name,
        "userPrincipalName": person.upn or person.username,
        # A personal account's is the 16 hex digits at the end of its `oid`.
        "id": person.oid.replace("-", "")[-16:] if personal else person.oid,
    }


_GET_OR_POST = ["GET", "POST"]

# Under `/graph`, where discovery's userinfo endpoint points, and at the root, where `msgraph_host` alone leads.
GRAPH_ROUTES = [
    route
    for prefix in ("/graph", "")
    for route in (
        Route(f"{prefix}/v1.0/me", me),
        Route(f"{prefix}/v1.0/me/photo/$value", photo),
        Route(f"{prefix}/v1.0/me/photos/{{size}}/$value", photo),
        Route(f"{prefix}/v1.0/me/memberOf", member_of),
        Route(f"{prefix}/v1.0/me/transitiveMemberOf", member_of),
        Route(f"{prefix}/v1.0/me/memberOf/microsoft.graph.group", member_of),
        Route(f"{prefix}/v1.0/me/transitiveMemberOf/microsoft.graph.group", member_of),
        Route(f"{prefix}/v1.0/me/getMemberGroups", get_member_groups, methods=["POST"]),
        Route(f"{prefix}/v1.0/me/getMemberObjects", get_member_groups, methods=["POST"]),
        Route(f"{prefix}/oidc/userinfo", userinfo, methods=_GET_OR_POST),
    )
]
