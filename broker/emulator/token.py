"""The token endpoint: a code becomes tokens, if every check passes, in the order that `token` spells.

A failed client authentication comes before the code is looked at and leaves it usable, so that a client may try its
next credential. Only a success uses a code up.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.emulator.authorization_request import KNOWN_SCOPES, missing
from broker.emulator.authorize import client_info
from broker.emulator.claims import id_token_claims
from broker.emulator.client_authentication import authenticate_client, read_credentials
from broker.emulator.codes import AuthorizationCodes, Grant, IssuedCode
from broker.emulator.failures import TokenFailure
from broker.emulator.faults import raise_token_fault
from broker.emulator.id_token import issue_id_token, signing_key
from broker.emulator.parameters import Repeated, parse_parameters, read_form
from broker.emulator.recorder import record_form
from broker.emulator.registrations import Registration
from broker.emulator.replies import NO_STORE
from broker.emulator.state import base_of, cloud_of, emulator_of
from broker.emulator.tenants import Segment, segment_named
from broker.emulator.trace import Trace


async def token(request: Request) -> Response:
    """`POST /{tenant}/oauth2/v2.0/token`."""
    if request.method != "POST":
        raise TokenFailure(number=900561)
    parameters = await _parameters(request)
    raise_token_fault(request)
    _check_grant_type(parameters)
    segment = segment_named(request.path_params["tenant"])
    if segment is None:
        raise TokenFailure(number=90002)
    emulator = emulator_of(request)
    presented = read_credentials(parameters, request.headers.get("authorization"))
    registration = _registration(presented.client_id, emulator.registrations)
    await authenticate_client(request, registration, presented)
    if not registration.public and "origin" in request.headers:
        raise TokenFailure(number=9002326)
    await emulator.keys.ready()
    # From here to the end of the grant nothing is awaited: two requests with one code cannot both pass.
    issued, grant = _usable_code(parameters, segment, emulator.codes, emulator.clock.now())
    _check_binding(parameters, grant, segment, registration)
    issued.grant = None
    answer = _answer(request, registration, grant, parameters)
    return JSONResponse(answer, headers=NO_STORE | Trace.of(request).headers(request))


async def _parameters(request: Request) -> Mapping[str, str]:
    """The form; of another content type nothing is read, and so the first parameter is found missing."""
    form = await read_form(request)
    record_form(request, form)
    try:
        return parse_parameters(form)
    except Repeated as repeated:
        raise TokenFailure(number=9000411) from repeated


def _check_grant_type(parameters: Mapping[str, str]) -> None:
    grant_type = _required(parameters, "grant_type")
    if grant_type != "authorization_code":
        raise TokenFailure(number=70003)


def _registration(client_id: str | None, registrations: Mapping[str, Registration]) -> Registration:
    if not client_id:
        raise TokenFailure(number=900144, description=missing("client_id"))
    registration = registrations.get(client_id.lower())
    if registration is None:
        raise TokenFailure(number=700016)
    return registration


def _usable_code(
    parameters: Mapping[str, str], segment: Segment, codes: AuthorizationCodes, now: float
) -> tuple[IssuedCode, Grant]:
    """Known, not redeemed, not expired: in this order."""
    code = _required(parameters, "code")
    issued = codes.find(code)
    if issued is None:
        personal = code.startswith("M.") or (segment.tenant is not None and segment.tenant.personal)
        raise TokenFailure(number=70000 if personal else 9002313)
    if issued.grant is None:
        raise TokenFailure(number=54005)
    if issued.expired(now):
        raise TokenFailure(number=70008)
    return issued, issued.grant


def _check_binding(parameters: Mapping[str, str], grant: Grant, segment: Segment, registration: Registration) -> None:
    """Check that the code belongs to this tenant segment, this client, this redirect URI and this verifier."""
    if grant.segment.key != segment.key:
        raise TokenFailure(number=700005)
    redirect_uri = _required(parameters, "redirect_uri")
    if grant.client_id != registration.client_id or grant.redirect_uri != redirect_uri:
        raise TokenFailure(number=500112)
    if not _verifier_fits(grant, parameters.get("code_verifier")):
        raise TokenFailure(number=50148 if grant.person.tenant.personal else 501481)
    if not set(parameters.get("scope", "").split()) <= set(KNOWN_SCOPES):
        raise TokenFailure(number=70011)


def _verifier_fits(grant: Grant, verifier: str | None) -> bool:
    """RFC 7636 section 4.6; a verifier for a code without challenge does not fit either (RFC 9700 section 4.8.2)."""
    if grant.challenge is None or verifier is None:
        return grant.challenge is None and verifier is None
    if grant.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(grant.challenge.encode(), verifier.encode())


def _answer(
    request: Request, registration: Registration, grant: Grant, parameters: Mapping[str, str]
) -> dict[str, object]:
    emulator = emulator_of(request)
    # Randomised as Microsoft's is, so that nobody comes to rely on an hour.
    lifetime = 3599 + secrets.randbelow(1802)
    answer: dict[str, object] = {
        "token_type": "Bearer",
        "scope": " ".join(grant.scopes),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": emulator.access_tokens.issue(
            person=grant.person,
            scopes=grant.scopes,
            client_id=registration.client_id,
            now=emulator.clock.now(),
            lifetime=lifetime,
        ),
    }
    if "openid" in grant.scopes:
        change = emulator.changes.take(grant.person.key)
        claims = id_token_claims(grant, registration, base=base_of(request), now=emulator.clock.now())
        signing = signing_key(
            emulator.keys, client_id=registration.client_id, tenant=grant.person.tenant, cloud=cloud_of(request)
        )
        answer["id_token"] = issue_id_token(claims, change, keys=emulator.keys, signing=signing)
    if parameters.get("client_info") == "1":
        answer["client_info"] = client_info(grant.person)
    return answer


def _required(parameters: Mapping[str, str], name: str) -> str:
    if name not in parameters:
        raise TokenFailure(number=900144, description=missing(name))
    return parameters[name]
