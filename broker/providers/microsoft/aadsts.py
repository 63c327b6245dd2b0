"""Microsoft's numbered errors as data: which outcome each has for a person, what is behind it, what the operator does.

Nothing of Microsoft's own text is here. Where a number has digits behind those of a shorter one it stands for itself.
Source: Microsoft's reference of AADSTS error codes, and what its endpoints were seen to answer.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Outcome = Literal[
    "cancelled", "consent_declined", "admin_approval_required", "not_assigned", "blocked_by_policy",
    "account_unusable", "wrong_account_type", "sign_in_again", "extra_step_needed", "provider_unavailable",
    "provider_misconfigured", "invalid_response", "flow_expired", "internal",
]  # fmt: skip

CODES = MappingProxyType(
    {
        "cancelled": "access_denied",
        "consent_declined": "access_denied",
        "admin_approval_required": "consent_required",
        "account_unusable": "blocked_by_policy",
        "sign_in_again": "interaction_required",
        "extra_step_needed": "interaction_required",
        "provider_unavailable": "temporarily_unavailable",
        "flow_expired": "already_used",
        "internal": "server_error",
    }
)
"""The `error=` of each outcome that is not spelled like it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Some numbers that mean the same; `remedy` is for the operator, empty where there is nothing for them to do."""

    numbers: tuple[int, ...]
    outcome: Outcome
    cause: str
    remedy: str = ""


def _row(outcome: Outcome, *numbers: int, cause: str, remedy: str = "") -> Row:
    return Row(numbers=numbers, outcome=outcome, cause=cause, remedy=remedy)


_OF_THE_PERSON = (
    _row("extra_step_needed", 16000, 16003, cause="several sessions, or one of another account",
         remedy="Set prompt: select_account if people often meet this."),
    _row("sign_in_again", 50058, cause="prompt=none, and nobody is signed in"),
    _row("extra_step_needed", 50072, 50074, 50076, 50078, 50079, 50203,
         cause="a multi-factor step, or registration for one",
         remedy="If it goes on: look at Entra ID > Sign-in logs for the policy that asks for it."),
    _row("extra_step_needed", 50158, cause="an external security challenge",
         remedy="If it goes on: look at Conditional Access > Custom controls."),
    _row("sign_in_again", 50089, 50132, 50133, 50173, 70043, 700082, 700084, 70008,
         cause="the grant has expired or was revoked, the password was changed, or a policy wants a new sign-in"),
    _row("sign_in_again", 50140, 50199, cause="interrupted by a question: keep me signed in, or a confirmation"),
    _row("sign_in_again", 70000, cause="personal account: the code is not valid any more"),
    _row("consent_declined", 65004, cause="the person declined to consent",
         remedy="Ask for fewer scopes, or grant admin consent: Enterprise applications > Permissions."),
)  # fmt: skip

_OF_THE_ORGANISATION = (
    _row("not_assigned", 50105, cause="the person is not assigned to the application",
         remedy="Assign them under Enterprise applications > Users and groups, or set Assignment required to No."),
    _row("blocked_by_policy", 500208, 500212, 500213, cause="cross-tenant access settings of one of the organisations",
         remedy="Look at External Identities > Cross-tenant access settings in both organisations."),
    _row("blocked_by_policy", 500021, 500022, cause="tenant restrictions on the person's network",
         remedy="Have the person's network admit the tenant (tenant restrictions)."),
    _row("blocked_by_policy", 50097, 50129, 50131, 53000, 53001, 53002, 53003, 53004, 53011, 530032, 530035,
         cause="a rule about device, place, risk or security defaults",
         remedy="Look at Entra ID > Sign-in logs > Conditional Access for the policy that applied."),
    # One answer for all of these: which account exists is nobody's business.
    _row("account_unusable", 50034, 50053, 50055, 50056, 50057, 50126,
         cause="the account is unknown, locked, disabled, or its password is wrong or has expired",
         remedy="Look at the person in Entra ID > Users, and at Sign-in logs."),
    _row("wrong_account_type", 50020, 51004, 90072, cause="an account of another directory, which nobody invited",
         remedy="Invite them as a guest; or widen Authentication > Supported account types, and tenant."),
    _row("admin_approval_required", 65001, cause="nobody consented to the permissions",
         remedy="Grant admin consent: App registrations > API permissions."),
    _row("admin_approval_required", 90093, 90094, 90095, 90099, 900971, cause="an administrator must consent",
         remedy="Grant admin consent: App registrations > API permissions; elsewhere their administrator does."),
)  # fmt: skip

_OF_THE_REGISTRATION = (
    _row("provider_misconfigured", 50001, 500011, 650057, cause="a resource is unknown or not among the permissions",
         remedy="Check scopes and extra_scopes_allowed against App registrations > API permissions."),
    _row("provider_misconfigured", 50011, 500112, cause="the redirect URI is not registered, or changed on the way",
         remedy="Register it: Authentication > Add a platform > Web; broker config show redirect-uri prints it."),
    _row("provider_misconfigured", 50059, 90019, cause="no tenant could be made out",
         remedy="Set tenant to common, organizations, consumers, a tenant ID or a verified domain."),
    _row("provider_misconfigured", 50146, 50003, cause="the application has signing keys of its own",
         remedy="Set custom_signing_keys: true."),
    _row("provider_misconfigured", 50194, cause="a single-tenant registration, asked as if it were for everybody",
         remedy="Set tenant to the Directory (tenant) ID, or make Supported account types multitenant."),
    _row("provider_misconfigured", 65005, 650052, 650053, 650054, 650056,
         cause="a permission is not configured, or its service is not there",
         remedy="Add what scopes asks for: App registrations > API permissions."),
    _row("provider_misconfigured", 70001, 700016, 700011, cause="the application is unknown in this tenant",
         remedy="Check client_id (Application (client) ID), tenant and cloud."),
    _row("provider_misconfigured", 70003, 70005, 700054, 700051, cause="a grant or response type is not enabled",
         remedy="Let the platform under Authentication be Web."),
    _row("provider_misconfigured", 70011, 28002, 28003, cause="a scope is not valid",
         remedy="Check scopes and extra_scopes_allowed."),
    _row("provider_misconfigured", 7000112, cause="the application is disabled in this tenant",
         remedy="Set Enterprise applications > Properties > Enabled for users to sign in to Yes."),
    _row("provider_misconfigured", 7000114, cause="the application may not make this call",
         remedy="Let the platform under Authentication be Web, and look at App registrations > Manifest."),
    _row("provider_misconfigured", 90002, cause="the tenant does not exist",
         remedy="Check tenant, and cloud: each cloud has tenants of its own."),
    _row("provider_misconfigured", 90036, 90038, 900382, 900384, 900439, cause="another cloud",
         remedy="Set cloud to the one whose portal the registration is in."),
    _row("provider_misconfigured", 90027, 90124, 90130, 9002331, 9002332, cause="account types and tenant do not fit",
         remedy="Let Authentication > Supported account types and the key tenant say the same."),
)  # fmt: skip

_OF_THE_CREDENTIALS = (
    _row("provider_misconfigured", 700027, 700023, 700024, 50012, cause="the client assertion is not accepted",
         remedy="Upload the certificate under Certificates & secrets > Certificates; check this machine's clock."),
    _row("provider_misconfigured", 50013, 50027, 500133, cause="the client assertion is malformed or has expired",
         remedy="Check this machine's clock and the certificate under Certificates & secrets."),
    _row("provider_misconfigured", 70002, cause="the credential was not accepted",
         remedy="Compare secret or certificate with Certificates & secrets."),
    _row("provider_misconfigured", 700025, cause="the registration is public, and we sent a credential",
         remedy="Let the platform under Authentication be Web, neither single-page nor mobile."),
    _row("provider_misconfigured", 700030, 700229, cause="the subject of the certificate or identity is not admitted",
         remedy="Check the certificate's subject, or the managed identity, under Certificates & secrets."),
    _row("provider_misconfigured", 70021, 700211, 700212, 700213, 7002137, 7002138,
         cause="no federated credential fits",
         remedy="Compare Issuer, Subject (letter case counts) and Audience under Certificates & secrets > Federated "
         "credentials."),
    _row("provider_misconfigured", 7000215, cause="wrong secret",
         remedy="Use the secret's Value, not its Secret ID: Certificates & secrets > New client secret."),
    _row("provider_misconfigured", 7000218, cause="no credential in the request",
         remedy="Configure secret or credentials; the platform must be Web."),
    _row("provider_misconfigured", 7000222, cause="the secret has expired",
         remedy="Add one under Certificates & secrets > New client secret and put it first in credentials."),
)  # fmt: skip

_OF_MICROSOFT_OR_OURS = (
    _row("provider_unavailable", 70012, 90006, 90012, 90024, 90033, 90090, 50000, 1000031,
         cause="transient at Microsoft", remedy="Wait; look at status.azure.com if it goes on."),
    _row("provider_unavailable", 90055, cause="throttled", remedy="Wait; look for what makes so many requests."),
    _row("provider_unavailable", 50196, cause="a loop of equal requests",
         remedy="Look for a page that begins sign-ins by itself."),
    _row("invalid_response", 9002313, cause="the code was malformed"),
    _row("internal", 50147, 501491, 50149, cause="PKCE challenge of a wrong size or method", remedy="Report it to us."),
    _row("internal", 700005, cause="the code was redeemed at another tenant", remedy="Report it to us."),
    _row("internal", 700022, cause="scopes of several resources in one request",
         remedy="Let scopes and extra_scopes_allowed be of one resource."),
    _row("internal", 70007, 90014, 900144, 900561, 90013, 9001023, cause="a parameter is missing or wrong",
         remedy="Report it to us."),
    _row("internal", 90015, cause="the query is too long", remedy="Ask for fewer scopes."),
    _row("flow_expired", 54005, cause="the code was redeemed already"),
    _row("invalid_response", 501481, 50148, cause="the PKCE verifier does not fit"),
)  # fmt: skip

ROWS = (*_OF_THE_PERSON, *_OF_THE_ORGANISATION, *_OF_THE_REGISTRATION, *_OF_THE_CREDENTIALS, *_OF_MICROSOFT_OR_OURS)

SECURITY = MappingProxyType({54005: "code_replayed", 501481: "pkce_mismatch", 50148: "pkce_mismatch"})
"""Numbers that mean an attack, where the token endpoint is who says them."""
