"""Microsoft's error numbers: what each is called in the protocol and what it is about, in words of our own.

Source: Microsoft's list of authentication error codes and published responses. At the token endpoint some faults go by
another `error` than in a redirect, and some carry a `suberror`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ErrorCode:
    """One AADSTS number. `text` is a sentence without number and trace data."""

    number: int
    error: str
    text: str
    suberror: str | None = None
    """Said at the token endpoint only. One of `_GRANT_SUBERRORS` makes the error there `invalid_grant`."""

    @property
    def error_at_token(self) -> str:
        """What the token endpoint calls it."""
        return "invalid_grant" if self.suberror in _GRANT_SUBERRORS else self.error


_GRANT_SUBERRORS = ("basic_action", "message_only", "consent_required", "token_expired")


def _group(error: str, text: str, *numbers: int, suberror: str | None = None) -> Iterator[ErrorCode]:
    for number in numbers:
        yield ErrorCode(number=number, error=error, text=text, suberror=suberror)


_STRONGER = (50072, 50074, 50076, 50078, 50079, 50203)
_BLOCKED = (50097, 50129, 50131, 53000, 53001, 53002, 53003, 53004, 53011, 530032, 530035)

_ALL = (
    # About what a request says.
    *_group("invalid_client", "The redirect URI is not registered for this application.", 50011),
    *_group("invalid_client", "The redirect URI is not the one the code was issued for.", 500112),
    *_group("invalid_request", "The tenant does not exist or has no subscriptions.", 90002),
    *_group("invalid_request", "The tenant could not be determined from the request.", 50059, 90019),
    *_group("invalid_request", "The application is for one directory only; use that directory's endpoint.", 50194),
    *_group("invalid_request", "The application is for personal accounts only; use /consumers.", 9002331),
    *_group("invalid_request", "The application is for organizations only; /consumers does not serve it.", 9002332),
    *_group("invalid_request", "The application does not support this endpoint.", 90027, 90124, 90130),
    *_group("invalid_request", "A required parameter is missing.", 900144, 90014, 9001023),
    *_group("invalid_request", "A parameter has a value that is not supported.", 70007, 90013, 90023),
    *_group("invalid_request", "A parameter is given twice.", 9000411),
    *_group("invalid_request", "The query is too long.", 90015),
    *_group("invalid_request", "This endpoint takes POST only.", 900561),
    *_group("invalid_request", "The instance is not known.", 50049),
    *_group("invalid_request", "The code challenge is missing or has a wrong size.", 50147, 501491),
    *_group("invalid_request", "The code challenge method is not supported.", 50149),
    *_group("invalid_request", "A token may be redeemed across origins by a single-page application only.", 9002326),
    *_group("invalid_request", "A single-page application redeems across origins, from its own page.", 9002327),
    *_group("unsupported_response_type", "The response type is not enabled for the application.", 700054, 700051),
    *_group("unsupported_response_type", "The response type is not supported.", 70005),
    *_group("unsupported_grant_type", "The grant type is not supported.", 70003),
    *_group("invalid_scope", "The scope is not valid.", 70011, 28002, 28003),
    *_group("invalid_request", "Several resources are named in one scope.", 700022),
    *_group("invalid_client", "The application asked for a scope that the resource does not have.", 650053),
    *_group("invalid_client", "A permission is not configured for the application.", 65005, 650054, 650056),
    *_group("invalid_resource", "The resource is not known in this tenant or not in the permissions.", 50001, 500011),
    *_group("invalid_resource", "The resource is not in the application's permissions.", 650057, 650052),
    *_group("invalid_request", "The request belongs to another cloud.", 90036, 90038, 900382, 900384, 900439),
    # About who the client is.
    *_group("unauthorized_client", "The application was not found in this directory.", 700016, 700011, 70001),
    *_group("unauthorized_client", "The application is disabled in this directory.", 7000112),
    *_group("unauthorized_client", "The application may not make this request.", 7000114),
    *_group("invalid_client", "The client secret is wrong. Send the secret's value, not its id.", 7000215),
    *_group("invalid_client", "The client secret has expired.", 7000222),
    *_group("invalid_client", "A client secret or a client assertion is required.", 7000218),
    *_group("invalid_client", "The client is public and must not send a secret or assertion.", 700025),
    *_group("invalid_client", "The credentials could not be checked.", 70002),
    *_group("invalid_client", "The client assertion is not signed with a registered key.", 700027, 50012),
    *_group("invalid_client", "The client assertion's issuer is not the client id.", 700021),
    *_group("invalid_client", "The client assertion's subject is not its issuer.", 50048),
    *_group("invalid_client", "The client assertion has the wrong audience.", 700023),
    *_group("invalid_client", "The client assertion is outside its validity.", 700024, 500133),
    *_group("invalid_client", "The client assertion is malformed.", 50013, 50027),
    *_group("invalid_client", "The certificate's subject is not allowed.", 700030, 700229),
    *_group("invalid_client", "The application has no federated credentials.", 70025),
    *_group("invalid_client", "The assertion's issuer cannot be asked for its keys.", 50166),
    *_group("invalid_client", "No federated credential fits the assertion.", 70021, 700211, 700212, 700213),
    *_group("invalid_client", "No federated credential fits the assertion in letter case.", 7002137, 7002138),
    *_group("invalid_request", "The application's own signing key is missing.", 50146, 50003),
    # About what is to be redeemed.
    *_group("invalid_grant", "The code or refresh token is malformed.", 9002313),
    *_group("invalid_grant", "The code or refresh token is not valid.", 70000),
    *_group("invalid_grant", "The code has expired.", 70008, suberror="token_expired"),
    *_group("invalid_grant", "The code has been redeemed already.", 54005),
    *_group("invalid_grant", "The code was issued on another tenant's endpoint.", 700005),
    *_group("invalid_grant", "The code verifier does not match the code challenge.", 501481, 50148),
    *_group(
        "invalid_grant", "The grant has expired or was revoked.", 50089, 50132, 50133, 50173, 70043, 700082, 700084
    ),
    *_group("invalid_grant", "The client makes the same request over and over.", 50196),
    # About who signs in, and whether they may.
    *_group("access_denied", "The account is not known here.", 50034),
    *_group(
        "access_denied", "The account is locked, or its password is missing, expired or wrong.", 50053, 50055, 50056
    ),
    *_group("access_denied", "The password is wrong.", 50126),
    *_group("access_denied", "The account is disabled.", 50057),
    *_group(
        "access_denied", "The account does not exist in this tenant and must be invited first.", 50020, 51004, 90072
    ),
    *_group("access_denied", "The account's tenant is not accepted here.", 500208, 500212, 500213, 500021, 500022),
    *_group("access_denied", "The user is not assigned to the application.", 50105),
    *_group("access_denied", "The user did not consent.", 65004),
    *_group("login_required", "Silent sign-in was asked for, but nobody is signed in.", 50058),
    *_group("login_required", "The sign-in was interrupted and has to be confirmed.", 50140, 50199),
    *_group("interaction_required", "An account has to be selected.", 16000, 16003),
    *_group("interaction_required", "Multi-factor authentication is required.", *_STRONGER, suberror="basic_action"),
    *_group("interaction_required", "An external security challenge was not satisfied.", 50158),
    *_group("access_denied", "A sign-in rule of the organization blocked this.", *_BLOCKED, suberror="message_only"),
    *_group("consent_required", "The application has no consent for this.", 65001, suberror="consent_required"),
    *_group("consent_required", "An administrator has to consent.", 90093, 90094, 90095, 90099, 900971),
    # About the service itself.
    *_group(
        "temporarily_unavailable", "The service is not available at the moment.", 90033, 90006, 90012, 90024, 70012
    ),
    *_group("temporarily_unavailable", "Too many requests.", 90055),
    *_group("server_error", "Something went wrong inside the service.", 50000, 90090),
    *_group("temporarily_unavailable", "The application cannot be used at the moment.", 1000031),
)

CODES: Mapping[int, ErrorCode] = {each.number: each for each in _ALL}


def code(number: int) -> ErrorCode:
    """What is known about an AADSTS number; an unknown one is an `invalid_request`."""
    return CODES.get(number) or ErrorCode(number=number, error="invalid_request", text="The request failed.")
