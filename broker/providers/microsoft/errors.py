"""What Microsoft's errors mean here: our code, a sentence's name, a remedy for the operator. The numbers are `aadsts`.

The number chooses the message and helps the operator; Microsoft asks that nobody decides on more than `error`, and an
unknown number falls back to it. Nothing of the provider's text leaves through here.
"""

import re
from collections.abc import Iterable
from types import MappingProxyType

from broker.protocol.authorization import UnverifiedAuthorizationError
from broker.providers.microsoft.aadsts import CODES, ROWS, SECURITY
from broker.providers.refusals import Meaning, by_error

_NUMBER = re.compile(r"\bAADSTS(\d{4,8})\b")

CANCELLED = Meaning(code="access_denied", reason="cancelled", hint="cancelled")
# The name that this error has without a number: the registration is for one kind of account, somebody of another came.
_UNAUTHORIZED = Meaning(
    code="provider_misconfigured",
    remedy="Let Authentication > Supported account types, client_id and the key tenant fit each other.",
)
_BY_ERROR = MappingProxyType(
    {
        "access_denied": CANCELLED,
        "login_required": Meaning(code="interaction_required", reason="sign_in_again"),
        "interaction_required": Meaning(code="interaction_required", reason="sign_in_again"),
        "consent_required": Meaning(
            code="consent_required",
            reason="admin_approval_required",
            remedy="Grant admin consent: App registrations > API permissions.",
        ),
        "invalid_client": Meaning(
            code="provider_misconfigured", remedy="Compare client_id and credentials with the app registration."
        ),
        "unauthorized_client": _UNAUTHORIZED,
        "invalid_scope": Meaning(code="provider_misconfigured", remedy="Check scopes and extra_scopes_allowed."),
        "invalid_resource": Meaning(code="provider_misconfigured", remedy="Check scopes and extra_scopes_allowed."),
    }
)
"""Without a number that we know: personal accounts often have none."""

BY_NUMBER = MappingProxyType(
    {
        number: Meaning(
            code=CODES.get(row.outcome, row.outcome),
            reason=row.outcome,
            hint=row.cause,
            remedy=row.remedy,
            security=SECURITY.get(number),
        )
        for row in ROWS
        for number in row.numbers
    }
)


def numbers_in(unverified_description: str | None) -> tuple[int, ...]:
    """The AADSTS numbers that a description names; often there is none (personal accounts, `cancel`)."""
    return tuple(int(found) for found in _NUMBER.findall(unverified_description or ""))


def meaning(unverified_error: str, numbers: Iterable[int]) -> Meaning:
    """The meaning of the first number that we know, otherwise of `error`; what nobody knows is `invalid_response`."""
    for number in numbers:
        known = BY_NUMBER.get(number)
        if known is not None:
            return known
    return _BY_ERROR.get(unverified_error) or by_error(unverified_error)


def browser_meaning(unverified: UnverifiedAuthorizationError) -> Meaning:
    """The meaning of an error that came through the browser: no security event, for anybody can craft a callback."""
    if unverified.subcode == "cancel":
        return CANCELLED
    known = meaning(unverified.error, numbers_in(unverified.description))
    return Meaning(code=known.code, reason=known.reason, hint=known.hint, remedy=known.remedy)
