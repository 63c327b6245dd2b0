"""`grant_type=authorization_code`: the checks of a code, in the order in which they are spelled here."""

import base64
import dataclasses
import hashlib
import hmac

from broker.emulator.codes import Grant, IssuedCode
from broker.emulator.failures import TokenFailure
from broker.emulator.permissions import ScopeMistake, read_scopes
from broker.emulator.state import Emulator
from broker.emulator.token_requests import TokenRequest, present_account


def redeemed_grant(request: TokenRequest, emulator: Emulator) -> Grant:
    """What the code stands for; it is used up. Raises `TokenFailure`, and then it is not."""
    # Nothing is awaited in here: two requests with one code cannot both pass.
    issued, grant = _usable_code(request, emulator)
    _check_binding(request, grant)
    account = present_account(emulator, grant)
    issued.grant = None
    return dataclasses.replace(grant, person=account)


def _usable_code(request: TokenRequest, emulator: Emulator) -> tuple[IssuedCode, Grant]:
    """Known, not redeemed, not expired: in this order."""
    code = request.required("code")
    issued = emulator.codes.find(code)
    if issued is None:
        tenant = request.segment.tenant
        personal = code.startswith("M.") or (tenant is not None and tenant.personal)
        raise TokenFailure(number=70000 if personal else 9002313)
    if issued.grant is None:
        raise TokenFailure(number=54005)
    if issued.expired(emulator.clock.now()):
        raise TokenFailure(number=70008)
    return issued, issued.grant


def _check_binding(request: TokenRequest, grant: Grant) -> None:
    """Check that the code belongs to this tenant segment, this client, this redirect URI and this verifier."""
    if grant.segment.key != request.segment.key:
        raise TokenFailure(number=700005)
    redirect_uri = request.required("redirect_uri")
    if grant.client_id != request.registration.client_id or grant.redirect_uri != redirect_uri:
        raise TokenFailure(number=500112)
    request.check_platform(grant)
    if not _verifier_fits(grant, request.parameters.get("code_verifier")):
        raise TokenFailure(number=50148 if grant.person.tenant.personal else 501481)
    try:
        scope = request.parameters.get("scope", "")
        read_scopes(scope, configured=request.registration.permissions, base=request.base)
    except ScopeMistake as mistake:
        raise TokenFailure(number=70011) from mistake


def _verifier_fits(grant: Grant, verifier: str | None) -> bool:
    """RFC 7636 section 4.6; a verifier for a code without challenge does not fit either (RFC 9700 section 4.8.2)."""
    if grant.challenge is None or verifier is None:
        return grant.challenge is None and verifier is None
    if grant.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(grant.challenge.encode(), verifier.encode())
