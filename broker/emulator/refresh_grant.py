"""`grant_type=refresh_token`: whether what was granted still holds, for this account, these scopes and this tenant.

A refresh token belongs to a person and an application, not to a directory: redeemed at another directory's endpoint it
speaks for the guest that the person is there. Source: Microsoft's documentation of refresh tokens.
"""

import dataclasses

from broker.emulator.claims_parameter import challenge
from broker.emulator.codes import Grant
from broker.emulator.failures import TokenFailure
from broker.emulator.people import Person
from broker.emulator.permissions import ScopeMistake, read_scopes
from broker.emulator.refresh_tokens import IssuedRefreshToken
from broker.emulator.state import Emulator
from broker.emulator.token_requests import TokenRequest, ended, present_account


def refreshed_grant(request: TokenRequest, emulator: Emulator) -> tuple[Grant, IssuedRefreshToken]:
    """The grant with the scopes asked for now, and the token that was used. Raises `TokenFailure`."""
    issued = _usable_token(request, emulator)
    grant = issued.grant
    account = _account_here(request, emulator, grant)
    scopes = _scopes(request, grant)
    client_id = request.registration.client_id
    if emulator.consents.missing(account, client_id, scopes):
        raise TokenFailure(number=65001)
    if account.mfa_on_refresh and not grant.strong:
        raise TokenFailure(number=50076, error="interaction_required", claims=challenge())
    grant = dataclasses.replace(
        grant,
        person=account,
        segment=request.segment,
        scopes=scopes,
        nonce=None,  # it answers no authorization request
        epoch=emulator.directory.epoch(account),
    )
    return grant, issued


def _usable_token(request: TokenRequest, emulator: Emulator) -> IssuedRefreshToken:
    token = request.required("refresh_token")
    issued = emulator.refresh_tokens.find(token)
    if issued is None or issued.grant.segment.cloud is not request.segment.cloud:
        raise TokenFailure(number=70000 if token.startswith("M.") else 9002313)
    grant = issued.grant
    if grant.client_id != request.registration.client_id:
        raise TokenFailure(number=70000, suberror="client_mismatch")
    request.check_platform(grant)
    if issued.expired(emulator.clock.now()):
        raise ended(grant, 700084 if grant.single_page else 700082, suberror="token_expired")
    return issued


def _account_here(request: TokenRequest, emulator: Emulator, grant: Grant) -> Person:
    """The account that answers for the person at this tenant segment."""
    account = present_account(emulator, grant)
    registration = request.registration
    if (number := registration.audience_mistake(request.segment)) is not None:
        raise TokenFailure(number=number)
    here = account if account.tenant is request.segment.tenant else account.at_home.seen_through(request.segment)
    if here is None:
        raise TokenFailure(number=50020, error="invalid_grant")
    if not registration.admits(here):
        raise TokenFailure(number=50105, error="invalid_grant")
    return here


def _scopes(request: TokenRequest, grant: Grant) -> tuple[str, ...]:
    """Those asked for, which may be fewer or more than were granted; without any, those of the grant."""
    asked = request.parameters.get("scope")
    if asked is None:
        return grant.scopes
    try:
        return read_scopes(asked, configured=request.registration.permissions, base=request.base)
    except ScopeMistake as mistake:
        raise TokenFailure(number=70011 if mistake.number == 650053 else mistake.number) from mistake
