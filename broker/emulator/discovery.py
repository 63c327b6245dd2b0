"""The documents clients start from: discovery, keys, and the list of instances.

Fields, headers and what is missing follow Microsoft's published documents. In particular nothing speaks of PKCE, of
revocation or of `iss` in the authorization response, because Microsoft's documents do not.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.emulator.authorization_request import missing
from broker.emulator.clouds import USGOV
from broker.emulator.failures import TokenFailure
from broker.emulator.faults import raise_token_fault
from broker.emulator.federated_issuer import issuer_of
from broker.emulator.key_set import Asked, cloud_instance_name
from broker.emulator.state import base_of, cloud_of, emulator_of, segment_of
from broker.emulator.tenants import Segment
from broker.emulator.trace import Trace

_CLAIMS = (
    "sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name msgraph_host aud exp iat auth_time acr "
    "nonce preferred_username name tid ver at_hash c_hash email"
)


async def discovery(request: Request) -> Response:
    """`GET /{tenant}/v2.0/.well-known/openid-configuration`."""
    document = openid_configuration(base=base_of(request), segment=_segment(request))
    if client_id := _application(request):
        document["jwks_uri"] = f"{document['jwks_uri']}?appid={client_id}"
    return JSONResponse(document, headers=_headers(request))


async def key_document(request: Request) -> Response:
    """`GET /{tenant}/discovery/v2.0/keys`."""
    emulator = emulator_of(request)
    segment = _segment(request)
    await emulator.keys.ready(*cloud_of(request).key_classes)
    asked = Asked(
        base=base_of(request),
        segment=segment,
        cloud=cloud_of(request),
        government_base=emulator.bases.get(USGOV),
        client_id=_application(request),
    )
    body = emulator.key_set.document(asked)
    return Response(body, media_type="application/json; charset=utf-8", headers=_headers(request))


async def instances(request: Request) -> Response:
    """`GET /common/discovery/instance`: which host names are one cloud. Each of these has a single name."""
    endpoint = request.query_params.get("authorization_endpoint")
    if endpoint is None:
        raise TokenFailure(number=900144, description=missing("authorization_endpoint"))
    base = base_of(request)
    here, rest = endpoint[: len(base) + 1], endpoint[len(base) + 1 :]
    segment = emulator_of(request).tenants.segment(rest.partition("/")[0], cloud_of(request))
    if here != f"{base}/" or segment is None:
        raise TokenFailure(number=50049, error="invalid_instance")
    document = {
        "tenant_discovery_endpoint": f"{base}/{segment.text}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [_host_group(each) for each in dict.fromkeys((base, *emulator_of(request).bases.values()))],
    }
    return JSONResponse(document, headers=_headers(request))


def _host_group(base: str) -> dict[str, object]:
    host = urlsplit(base).netloc
    return {"preferred_network": host, "preferred_cache": host, "aliases": [host]}


async def federated_discovery(request: Request) -> Response:
    """`GET /_federated/.well-known/openid-configuration`: of the second issuer, which is not Microsoft."""
    issuer = issuer_of(base_of(request))
    document = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/keys",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return JSONResponse(document)


async def federated_keys(request: Request) -> Response:
    """`GET /_federated/keys`."""
    key = await emulator_of(request).federated_issuer.key()
    member = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid, "n": key.modulus, "e": "AQAB"}
    return JSONResponse({"keys": [member]})


def openid_configuration(*, base: str, segment: Segment) -> dict[str, object]:
    """The document of one segment. A segment given as a domain has become the GUID by now."""
    here = f"{base}/{segment.text}"
    government = segment.tenant is not None and segment.tenant.cloud is USGOV
    return {
        "token_endpoint": f"{here}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{here}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": segment.issuer(base),
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{base}/graph/oidc/userinfo",
        "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{here}/oauth2/v2.0/logout",
        "claims_supported": _CLAIMS.split(),
        "kerberos_endpoint": f"{here}/kerberos",
        "tenant_region_scope": segment.tenant.region if segment.tenant else None,
        **({"tenant_region_sub_scope": "DODCON"} if government else {}),
        "cloud_instance_name": cloud_instance_name(base),
        "cloud_graph_host_name": urlsplit(base).netloc,
        "msgraph_host": urlsplit(base).netloc,
        "rbac_url": f"{base}/rbac",
    }


def _segment(request: Request) -> Segment:
    raise_token_fault(request)
    segment = segment_of(request)
    if segment is None:
        raise TokenFailure(number=90002, error="invalid_tenant")
    return segment


def _application(request: Request) -> str | None:
    """The application whose own signing key is asked for (`?appid=`), if it is one."""
    client_id = request.query_params.get("appid", "").lower()
    return client_id if client_id in emulator_of(request).registrations else None


def _headers(request: Request) -> dict[str, str]:
    # No Strict-Transport-Security: for "localhost" a browser would apply it to every other port as well.
    return {
        "Cache-Control": "max-age=86400, private",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        **Trace.of(request).headers(request),
    }
