"""What Microsoft's errors mean here: AADSTS number → our code and a hint for the operator, as data.

The number chooses the message and helps the operator; Microsoft asks that nobody decides on more than `error`, and an
unknown number falls back to it. Nothing of the provider's text leaves through here. Source: Microsoft's error-code
reference and what its endpoints were seen to answer.
"""

import re
from collections.abc import Iterable
from types import MappingProxyType

from broker.providers.refusals import Meaning, by_error

_NUMBER = re.compile(r"\bAADSTS(\d{4,8})\b")


_Row = tuple[tuple[int, ...], str, str]

# fmt: off
_ROWS: tuple[_Row, ...] = (
    # the person has another step to take, or has to start again
    ((16000, 16003), "interaction_required", "several or wrong sessions: prompt=select_account"),
    ((50058,), "interaction_required", "prompt=none without a session"),
    ((50072, 50074, 50076, 50078, 50079, 50203, 50158), "interaction_required", "multi-factor or external step"),
    ((50089, 50132, 50133, 50173, 70043, 700082, 700084, 70008), "interaction_required", "grant expired or revoked"),
    ((50140, 50199), "interaction_required", "interrupt: keep me signed in, or confirmation"),
    ((70000,), "interaction_required", "personal account: code not valid"),
    # the person's organisation says no
    ((50105,), "not_assigned", "Enterprise application, Users and groups"),
    ((500208, 500212, 500213), "blocked_by_policy", "cross-tenant access policy"),
    ((500021, 500022), "blocked_by_policy", "tenant restrictions on the person's network"),
    ((50097, 50129, 50131, 53000, 53001, 53002, 53003, 53004, 53011, 530032, 530035), "blocked_by_policy",
     "device or conditional-access rule"),
    # one answer for all of these: which account exists is nobody's business
    ((50034, 50053, 50055, 50056, 50057, 50126), "blocked_by_policy", "the account cannot sign in at present"),
    ((50020, 51004, 90072), "wrong_account_type", "an account of another directory, which would need an invitation"),
    # consent
    ((65001,), "consent_required", "no consent: an administrator may have to give it"),
    ((90093, 90094, 90095, 90099, 900971), "consent_required", "an administrator must consent"),
    ((65004,), "access_denied", "the person declined to consent"),
    # our registration or configuration
    ((50001, 500011, 650057), "provider_misconfigured", "resource unknown: check the extra scopes"),
    ((50011, 500112), "provider_misconfigured", "redirect URI not registered (platform Web), or changed on the way"),
    ((700027, 700023, 700024, 50012), "provider_misconfigured",
     "client assertion: certificate not uploaded, wrong thumbprint, alias host as audience, or clock"),
    ((50013, 50027, 500133), "provider_misconfigured", "client assertion malformed or expired"),
    ((50059, 90019), "provider_misconfigured", "no tenant: check the key tenant"),
    ((50146, 50003), "provider_misconfigured", "application-specific signing key: custom_signing_keys"),
    ((50194,), "provider_misconfigured", "single-tenant registration on common: set tenant, or make it multi-tenant"),
    ((65005, 650052, 650053, 650054, 650056), "provider_misconfigured", "API permissions"),
    ((70001, 700016, 700011), "provider_misconfigured", "application unknown here: client id, cloud or tenant"),
    ((70002,), "provider_misconfigured", "credential check failed"),
    ((70003, 70005, 700054, 700051), "provider_misconfigured", "grant or response type not enabled"),
    ((700025,), "provider_misconfigured", "the registration is public: its platform must be Web"),
    ((700030, 700229), "provider_misconfigured", "subject of the certificate or identity not allowed"),
    ((70011, 28002, 28003), "provider_misconfigured", "the list of scopes"),
    ((70021, 700211, 700212, 700213, 7002137, 7002138), "provider_misconfigured",
     "no federated credential fits: compare issuer, subject (letter case) and audience"),
    ((7000112,), "provider_misconfigured", "the application is disabled in this tenant"),
    ((7000114,), "provider_misconfigured", "the application may not make this call"),
    ((7000215,), "provider_misconfigured", "wrong secret: its value is needed, not its id"),
    ((7000218,), "provider_misconfigured", "no credential in the request"),
    ((7000222,), "provider_misconfigured", "the secret has expired"),
    ((90002,), "provider_misconfigured", "the tenant does not exist"),
    ((90036, 90038, 900382, 900384, 900439), "provider_misconfigured", "wrong cloud"),
    ((90027, 90124, 90130, 9002331, 9002332), "provider_misconfigured", "account types and tenant do not fit"),
    # Microsoft's own trouble
    ((70012, 90006, 90012, 90024, 90033, 90090, 50000, 1000031), "temporarily_unavailable", "transient at Microsoft"),
    ((90055,), "temporarily_unavailable", "throttled"),
    ((50196,), "temporarily_unavailable", "request loop: back off"),
    # a response that is not the answer to our request, or a fault of ours
    ((9002313,), "invalid_response", "code malformed"),
    ((50147, 501491, 50149), "server_error", "PKCE challenge of the wrong size or method"),
    ((700005,), "server_error", "code redeemed on another tenant segment"),
    ((700022,), "server_error", "scopes of several resources in one request"),
    ((70007, 90014, 900144, 900561, 90013, 9001023), "server_error", "a parameter is missing or wrong"),
    ((90015,), "server_error", "the query is too long"),
)
# fmt: on

_SECURITY = {
    54005: Meaning(code="already_used", hint="code already redeemed", security="code_replayed"),
    501481: Meaning(code="invalid_response", hint="PKCE verifier does not fit", security="pkce_mismatch"),
    50148: Meaning(code="invalid_response", hint="PKCE verifier does not fit", security="pkce_mismatch"),
}

BY_NUMBER = MappingProxyType(
    {number: Meaning(code=code, hint=hint) for numbers, code, hint in _ROWS for number in numbers} | _SECURITY
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
    return by_error(unverified_error)
