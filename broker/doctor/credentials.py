"""Each credential, shown to Microsoft with a code that nobody issued: does it get past the check of who we are?

Nobody is signed in and nothing is used up. Microsoft says whether it takes a client before it says what it thinks of
the code; so an objection to the code is an answer about the credential. Its end is told weeks before it comes.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from broker.crypto import opaque_token
from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok, problem, unreachable
from broker.doctor.registration import KEY, Registration
from broker.doctor.said import named, remedy_of
from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.net.client import Answer
from broker.protocol.token_endpoint import TokenEndpointError, code_form, read_answer
from broker.providers.credentials.credential import Credential, CredentialUnusable, Standing, TokenRequest
from broker.providers.microsoft.errors import meaning, numbers_in

DAY: Final = 86_400
SOON_DAYS: Final = 60
URGENT_DAYS: Final = 7
_OF_THE_CODE: Final = frozenset({9002313, 70000, 70008, 54005, 700005, 501481, 50148})
"""Numbers that speak of the code and so of nothing before it; Microsoft calls some of them `invalid_request`."""
_OURS: Final = "provider_misconfigured"
_ROTATE: Final = "make the next one in the portal, list it behind this one in credentials, and wait for it to be used"


async def credentials(examination: Examination) -> AsyncIterator[Finding]:
    """One finding for each, or two where one serves and is about to end."""
    registration = examination.microsoft
    if registration is None or registration.cloud.emulator:
        return
    now = examination.clock.now()
    for credential in registration.each_credential():
        standing = credential.standing()
        end = _end(standing, now)
        if end is not None:
            yield end
        if not examination.offline:
            yield await _tried(registration, credential, standing, now=now)


async def _tried(registration: Registration, credential: Credential, standing: Standing, *, now: int) -> Finding:
    if registration.metadata is None:
        return note(f"{credential.id} was not tried, for want of a document that says where", "see discovery")
    request = TokenRequest(
        client_id=registration.client_id,
        endpoint=registration.metadata.token_endpoint,
        audience=registration.documents.token_endpoint,
        form=code_form(
            code=opaque_token(),
            redirect_uri=registration.callback_url,
            code_verifier=opaque_token(),
            client_id=registration.client_id,
        ),
        methods=registration.metadata.token_endpoint_auth_methods,
    )
    try:
        prepared = await credential.prepare(request)
    except CredentialUnusable as reason:
        grade = unreachable if reason.temporary else problem
        return grade(f"{credential.id} cannot be used: {reason.detail}", _mend(standing))
    answer = await registration.upstream.post_form(
        request.endpoint, prepared.body, kind=f"token:{credential.id}", headers=prepared.headers
    )
    return answer if isinstance(answer, Finding) else _judged(answer, standing, now=now)


def _judged(answer: Answer, standing: Standing, *, now: int) -> Finding:
    try:
        error = read_answer(status=answer.status, content_type=answer.content_type, unverified_body=answer.body)
    except (UpstreamUnavailable, TokenInvalid) as nothing:
        return note(f"{standing.id} could not be tried: {nothing.detail}", "ask again")
    if not isinstance(error, TokenEndpointError):
        return problem(
            "a code that nobody issued was redeemed", "is that really Microsoft? look at cloud and authority"
        )
    numbers = error.codes or numbers_in(error.description)
    is_of_us = any(meaning(error.error, (number,)).code == _OURS for number in numbers)
    if not is_of_us and (error.error == "invalid_grant" or _OF_THE_CODE.intersection(numbers)):
        return ok(f"{standing.id} is accepted{_shown(standing, now)}")
    found = meaning(error.error, numbers)
    if found.code == UpstreamUnavailable.code:
        return note(f"{standing.id} could not be tried: {named(numbers)}", "ask again")
    return problem(f"{standing.id} is refused: {named(numbers)}", remedy_of(numbers) if numbers else _mend(standing))


def _end(standing: Standing, now: int) -> Finding | None:
    """What to say of its end, if it is near, past or unknown."""
    if standing.expires_at is None:
        if standing.kind != "secret":
            return None
        says = f"nobody knows when {standing.id} ends: Microsoft tells only the portal"
        return note(says, f"write its end beside it: expires_on in {KEY}.credentials")
    left = standing.expires_at - now
    if left <= 0:
        return problem(f"{standing.id} ended on {_day(standing.expires_at - 1)}", _mend(standing))
    if left > SOON_DAYS * DAY:
        return None
    says = f"{standing.id} ends in {left // DAY} days, on {_day(standing.expires_at - 1)}"
    return problem(says, _mend(standing)) if left <= URGENT_DAYS * DAY else note(says, _mend(standing))


def _mend(standing: Standing) -> str:
    if standing.kind == "federated_file":
        return "look at the service account and at the volume that projects its token"
    if standing.kind == "managed_identity":
        return "is the identity assigned to this machine, and its client id right?"
    return _ROTATE


def _shown(standing: Standing, now: int) -> str:
    """What identifies it in the portal."""
    parts = []
    if standing.expires_at is not None and standing.expires_at > now:
        parts.append(f"until {_day(standing.expires_at - 1)}")
    if standing.thumbprint_sha1 is not None:
        parts.append(f"thumbprint {standing.thumbprint_sha1}, SHA-256 {standing.thumbprint_sha256}")
    return f" ({', '.join(parts)})" if parts else ""


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
