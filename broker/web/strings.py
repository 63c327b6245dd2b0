"""Every English sentence that a person may read from us, in one place.

A provider's own text never stands here or anywhere else that a person looks: only these.
"""

from collections.abc import Mapping

ERRORS: Mapping[str, str] = {
    "access_denied": "Sign-in was cancelled.",
    "account_locked": "This account is locked. Ask the operator of this site.",
    "already_used": "This sign-in was already used. Start again.",
    "blocked_by_policy": "Your organisation's sign-in rules did not allow this sign-in.",
    "consent_required": "Your organisation must approve this app before you can use it. Ask your administrator.",
    "email_maxnum": "No further address can be added to this account.",
    "identity_taken": "This account is already connected to somebody else here.",
    "interaction_required": "One more step is needed from you. Please sign in again.",
    "invalid_request": "This sign-in request is not valid.",
    "invalid_response": "The reply of the sign-in service could not be checked, so you were not signed in.",
    "multiple_accounts": "This address is used by more than one account.",
    "not_assigned": "Your organisation has not given you access to this app. Ask your administrator.",
    "not_in_organization": "This account does not belong to the organisation. Use another one.",
    "provider_misconfigured": "Sign-in is not set up correctly. The operator of this site has been told.",
    "server_error": "Something went wrong on our side. Try again.",
    "sign_in_expired": "This sign-in took too long or was opened elsewhere. Start again.",
    "signup_disabled": "New accounts are not accepted here.",
    "temporarily_unavailable": "Sign-in is not available at the moment. Try again in a minute.",
    "tenant_not_allowed": "Accounts of this organisation are not accepted here.",
    "unverified_email": "The sign-in service did not give us an email address that we may rely on.",
    "user_conflict": "An account with this address exists already. Sign in to it the way you did before.",
    "wrong_account_type": "This kind of account is not accepted here.",
    "wrong_browser": "This sign-in was begun in another window. Start again.",
}
"""The sentence for each `error=` code."""

REASONS: Mapping[str, str] = {
    "account_unusable": "This account cannot sign in at present. Ask your administrator, or the sign-in service.",
    "admin_consent_given": "The app was approved for your organisation. Now sign in.",
    "consent_declined": "You did not allow the access that is needed to sign you in.",
    "sign_in_again": "Please sign in again.",
}
"""Where one code has several reasons, the sentence of those that need another than the code's."""

STATUS: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

PAGES: Mapping[str, str] = {
    "lang": "en",
    "error_title": "Sign-in did not work",
    "failed_title": "That did not work",
    "error_reference": "Reference",
    "error_hint": "If this keeps happening, give the operator of the site this reference.",
    "index_lead": "This server signs people in for the applications of its operator.",
    "index_docs": "It speaks OpenID Connect to the sign-in services and gives sessions that any backend can check. "
    "Its README says how to use it.",
    "index_keys": "Public keys",
    "index_health": "Health",
    "emulator_notice": "An emulator stands in for Microsoft: anybody can sign in as anybody. For development only.",
    "sign_out_title": "Sign out?",
    "sign_out_lead": "You will be signed out of",
    "sign_out_also": "In this browser that also signs you out of",
    "sign_out_yes": "Sign out",
    "sign_out_no": "Stay signed in",
    "signed_out_title": "You are signed out",
    "signed_out_lead": "You can close this page.",
    "not_signed_in": "You are not signed in.",
}


PAGE_FAILURES: Mapping[int, str] = {
    400: "This link is not valid. Go back to where you came from and try again.",
    401: "You are not signed in.",
    503: "We cannot do this at the moment. Try again in a minute.",
}
"""What a page outside any sign-in says of its failure, by status."""


def page_sentence_for(status: int) -> str:
    """The sentence for a page that failed with this status."""
    return PAGE_FAILURES.get(status, ERRORS["server_error"])


def sentence_for(code: str, reason: str = "") -> str:
    """The sentence for an error code, or for a finer reason; an unknown code is ours to explain."""
    return REASONS.get(reason) or ERRORS.get(code, ERRORS["server_error"])
