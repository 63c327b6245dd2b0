"""The token endpoint: a code or a refresh token becomes tokens, if every check passes, in the order of `token`.

A failed client authentication comes before the code is looked at and leaves it usable, so that a client may try its
next credential. Only a success uses a code up.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from broker.emulator.authorization_request import missing
from broker.emulator.client_authentication import Presented, authenticate_client, read_credentials
from broker.emulator.code_grant import redeemed_grant
from broker.emulator.failures import TokenFailure
from broker.emulator.faults import raise_token_fault
from broker.emulator.parameters import Repeated, parse_parameters, read_form
from broker.emulator.recorder import record_form
from broker.emulator.refresh_grant import refreshed_grant
from broker.emulator.registrations import Registration
from broker.emulator.replies import NO_STORE, readable_by_pages
from broker.emulator.state import base_of, emulator_of, segment_of
from broker.emulator.token_answers import add_client_info, token_answer
from broker.emulator.token_requests import TokenRequest, required
from broker.emulator.trace import Trace


async def token(request: Request) -> Response:
    """`POST /{tenant}/oauth2/v2.0/token`."""
    if request.method != "POST":
        raise TokenFailure(number=900561)
    parameters = await _parameters(request)
    raise_token_fault(request)
    _check_grant_type(parameters)
    proven = await _proven(request, parameters)
    emulator = emulator_of(request)
    await emulator.keys.ready()
    if parameters["grant_type"] == "refresh_token":
        grant, before = refreshed_grant(proven, emulator)
        answer = token_answer(request, proven.registration, grant, before=before)
    else:
        grant = redeemed_grant(proven, emulator)
        answer = token_answer(request, proven.registration, grant)
    if parameters.get("client_info") == "1":
        add_client_info(answer, grant)
    headers = NO_STORE | Trace.of(request).headers(request) | readable_by_pages(request)
    return JSONResponse(answer, headers=headers)


async def _parameters(request: Request) -> Mapping[str, str]:
    """The form; of another content type nothing is read, and so the first parameter is found missing."""
    form = await read_form(request)
    record_form(request, form)
    try:
        return parse_parameters(form)
    except Repeated as repeated:
        raise TokenFailure(number=9000411) from repeated


def _check_grant_type(parameters: Mapping[str, str]) -> None:
    if required(parameters, "grant_type") not in ("authorization_code", "refresh_token"):
        raise TokenFailure(number=70003)


async def _proven(request: Request, parameters: Mapping[str, str]) -> TokenRequest:
    """The request after its tenant and its client were checked."""
    segment = segment_of(request)
    if segment is None:
        raise TokenFailure(number=90002)
    presented = read_credentials(parameters, request.headers.get("authorization"))
    registration = _registration(presented.client_id, emulator_of(request).registrations)
    if not registration.served_in(segment.cloud):
        raise TokenFailure(number=900439)
    by_script = _by_script(request, registration, presented)
    if not by_script:
        await authenticate_client(request, registration, presented)
        if not registration.public and "origin" in request.headers:
            raise TokenFailure(number=9002326)
    return TokenRequest(
        parameters=parameters,
        segment=segment,
        registration=registration,
        base=base_of(request),
        by_script=by_script,
    )


def _by_script(request: Request, registration: Registration, presented: Presented) -> bool:
    """Whether a page of a single-page application asks: those have no secret, and a browser names their origin."""
    secretless = presented.secret is None and presented.assertion is None
    return "origin" in request.headers and secretless and bool(registration.single_page_redirect_uris)


def _registration(client_id: str | None, registrations: Mapping[str, Registration]) -> Registration:
    if not client_id:
        raise TokenFailure(number=900144, description=missing("client_id"))
    registration = registrations.get(client_id.lower())
    if registration is None:
        raise TokenFailure(number=700016)
    return registration
