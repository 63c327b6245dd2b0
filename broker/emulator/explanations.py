"""What was wrong with a request, in words for whoever wrote the client: Microsoft's answers say too little to mend it.

Only the emulator's own pages and control show them, never an answer that a client gets.
"""

from collections.abc import Callable, Mapping

from broker.emulator.failures import Failure
from broker.emulator.registrations import Registration

Parameters = Mapping[str, str]
Registrations = Mapping[str, Registration]


def explain(failure: Failure, parameters: Parameters, registrations: Registrations) -> str:
    """The failure's own sentence, and where there is one the particular behind it."""
    text = failure.text() or failure.error_name()
    particular = _PARTICULARS.get(failure.number or 0)
    return text if particular is None else f"{text} {particular(parameters, registrations)}"


def _redirect_uri(parameters: Parameters, registrations: Registrations) -> str:
    registration = registrations.get(parameters.get("client_id", "").lower())
    known = ", ".join((*registration.redirect_uris, *registration.single_page_redirect_uris)) if registration else ""
    return (
        f"redirect_uri is not registered: {parameters.get('redirect_uri', '')}. Registered: {known or 'none'}. They "
        "are compared exactly; only the port of a loopback address is free. Add one with --redirect-uri or by control."
    )


def _client(parameters: Parameters, registrations: Registrations) -> str:
    return f"client_id is not known: {parameters.get('client_id', 'none was sent')}. Known: {', '.join(registrations)}."


def _scope(parameters: Parameters, registrations: Registrations) -> str:
    registration = registrations.get(parameters.get("client_id", "").lower())
    known = ", ".join(registration.permissions) if registration else ""
    return f"scope was: {parameters.get('scope', '')}. Permissions of this application: {known or 'none'}."


def _audience(parameters: Parameters, registrations: Registrations) -> str:
    registration = registrations.get(parameters.get("client_id", "").lower())
    audience = registration.audience if registration else "unknown"
    return f"signInAudience of this application is {audience}; the tenant in the address does not fit it."


def _said(text: str) -> Callable[[Parameters, Registrations], str]:
    return lambda _parameters, _registrations: text


def _value_of(name: str) -> Callable[[Parameters, Registrations], str]:
    return lambda parameters, _registrations: f"{name} was: {parameters.get(name, 'not sent')}."


_PARTICULARS: Mapping[int, Callable[[Parameters, Registrations], str]] = {
    50011: _redirect_uri,
    500112: _said("redirect_uri and client_id have to be those of the authorization request."),
    700016: _client,
    90002: _said("The tenant in the address is neither common, organizations, consumers nor a directory that exists."),
    50194: _audience,
    9002331: _audience,
    9002332: _audience,
    650053: _scope,
    65005: _scope,
    650057: _scope,
    70011: _scope,
    7000215: _said("client_secret is none of the registered ones; the one of the default registrations is public."),
    7000218: _said("Neither client_secret, client_assertion nor an Authorization header came with the request."),
    700025: _said("This application is registered as public: leave the credential out."),
    9002326: _said("The request carried an Origin header: a page asked, and this redirect URI is not a page's."),
    9002313: _said("This code or refresh token was never issued here, or before the last reset."),
    54005: _said("A code works once; something sent it a second time."),
    70008: _said("A code lives for ten minutes on the emulator's clock."),
    700005: _said("The token request went to another tenant segment than the authorization request."),
    501481: _said("code_verifier does not belong to the code_challenge, or only one of them was sent."),
    50148: _said("code_verifier does not belong to the code_challenge, or only one of them was sent."),
    70003: _value_of("grant_type"),
    70005: _value_of("response_type"),
    700054: _value_of("response_type"),
    700051: _value_of("response_type"),
    50149: _value_of("code_challenge_method"),
    900561: _said("The token endpoint takes POST."),
}
