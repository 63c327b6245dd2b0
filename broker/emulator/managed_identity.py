"""Stand-ins for the two places where a machine in Azure asks for its managed identity's token: IMDS and App Service.

The identity is one, user-assigned, and lives in the directory Alder. Its token is by Alder's own issuer, and its
subject is the identity's principal id, so a federated credential can trust it. Sources: Microsoft's documentation of
the instance metadata service, of App Service's identity endpoint and of managed identities as federated credentials.
"""

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.emulator.faults import raise_token_fault
from broker.emulator.jws import signed_jws
from broker.emulator.keys import KeyName
from broker.emulator.parameters import Repeated, parse_parameters
from broker.emulator.replies import NO_STORE
from broker.emulator.state import base_of, emulator_of
from broker.emulator.tenants import ALDER

IDENTITY_CLIENT_ID = "1de70000-0000-4000-8000-0000000000c1"
IDENTITY_PRINCIPAL_ID = "1de70000-0000-4000-8000-0000000000a1"
IDENTITY_HEADER = "emulator-identity-header"
_IMDS_VERSION = "2018-02-01"
_APP_SERVICE_VERSION = "2019-08-01"
_LIFETIME = 86_400
_BACKDATED = 300


async def imds_token(request: Request) -> Response:
    """`GET /metadata/identity/oauth2/token`, as on a virtual machine."""
    raise_token_fault(request)
    if request.headers.get("metadata", "").lower() != "true":
        return _refused("Required metadata header not specified or not correct")
    if "x-forwarded-for" in request.headers:
        return _refused("The request came through a proxy, which the metadata service does not serve")
    parameters = _parameters(request)
    if mistake := _mistake(parameters, _IMDS_VERSION):
        return _refused(mistake)
    token = await _token(request, parameters["resource"])
    now = int(emulator_of(request).clock.now())
    body = {
        "access_token": token,
        "client_id": IDENTITY_CLIENT_ID,
        "expires_in": str(_LIFETIME - 1),
        "expires_on": str(now + _LIFETIME),
        "ext_expires_in": str(_LIFETIME - 1),
        "not_before": str(now - _BACKDATED),
        "refresh_in": str(_LIFETIME // 2),
        "resource": parameters["resource"],
        "token_type": "Bearer",
    }
    return JSONResponse(body, headers=NO_STORE)


async def app_service_token(request: Request) -> Response:
    """`GET /msi/token`, as `$IDENTITY_ENDPOINT` of App Service, Functions and Container Apps."""
    raise_token_fault(request)
    if not secrets.compare_digest(request.headers.get("x-identity-header", "").encode(), IDENTITY_HEADER.encode()):
        return JSONResponse({"statusCode": 401, "message": "X-IDENTITY-HEADER is missing or wrong"}, status_code=401)
    parameters = _parameters(request)
    if mistake := _mistake(parameters, _APP_SERVICE_VERSION):
        return JSONResponse({"statusCode": 400, "message": mistake}, status_code=400)
    body = {
        "access_token": await _token(request, parameters["resource"]),
        "client_id": IDENTITY_CLIENT_ID,
        "expires_on": str(int(emulator_of(request).clock.now()) + _LIFETIME),
        "resource": parameters["resource"],
        "token_type": "Bearer",
    }
    return JSONResponse(body, headers=NO_STORE)


def _parameters(request: Request) -> Mapping[str, str]:
    try:
        return parse_parameters(request.url.query)
    except Repeated:
        return {}


def _mistake(parameters: Mapping[str, str], version: str) -> str | None:
    if parameters.get("api-version") != version:
        return f"The request must contain api-version={version}"
    if "resource" not in parameters:
        return "The request must contain the parameter resource"
    if parameters.get("client_id", IDENTITY_CLIENT_ID).lower() != IDENTITY_CLIENT_ID:
        return "Identity not found"
    return None


async def _token(request: Request, resource: str) -> str:
    emulator, base = emulator_of(request), base_of(request)
    await emulator.keys.ready()
    now = int(emulator.clock.now())
    key = emulator.keys.named(KeyName.WORK)
    claims = {
        "aud": resource,
        "iss": f"{base}/{ALDER.id}/v2.0",
        "iat": now - _BACKDATED,
        "nbf": now - _BACKDATED,
        "exp": now + _LIFETIME,
        "azp": IDENTITY_CLIENT_ID,
        "azpacr": "2",
        "idtyp": "app",
        "oid": IDENTITY_PRINCIPAL_ID,
        "sub": IDENTITY_PRINCIPAL_ID,
        "tid": ALDER.id,
        "uti": secrets.token_urlsafe(16),
        "ver": "2.0",
    }
    return signed_jws({"typ": "JWT", "alg": "RS256", "kid": key.kid}, claims, key.private)


def _refused(text: str) -> Response:
    return JSONResponse({"error": "invalid_request", "error_description": text}, status_code=400)
