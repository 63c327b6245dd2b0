"""Client assertions, really verified: signed by a registered certificate, or made by an issuer that is trusted instead.

Sources: RFC 7523 section 3, and Microsoft's documentation of certificate credentials and of workload identity
federation. Each step raises `TokenFailure` with the number of what is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from broker.emulator.certificates import Certificate
from broker.emulator.failures import TokenFailure
from broker.emulator.federated_credentials import federated_mistake
from broker.emulator.jws import UnverifiedJws
from broker.emulator.registrations import Registration

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("PS256", "RS256")
SKEW = 300
"""Seconds by which clocks may differ."""


@dataclass(frozen=True, kw_only=True)
class TokenEndpoint:
    """Where and when an assertion is presented: the endpoint's own address, and the issuers whose keys are at hand.

    `issuers` maps an issuer to its keys by `kid`; nothing is ever fetched.
    """

    address: str
    now: float
    issuers: Mapping[str, Mapping[str, RSAPublicKey]]


def verify_assertion(registration: Registration, unverified_assertion: str, endpoint: TokenEndpoint) -> None:
    """Return if the assertion proves that the client is this registration's."""
    try:
        jws = UnverifiedJws.parse(unverified_assertion)
    except ValueError as mistake:
        raise TokenFailure(number=50027, description=f"The client assertion is malformed. {mistake}") from mistake
    if jws.header.get("alg") not in ALGORITHMS:
        raise TokenFailure(number=50027, description="The client assertion's alg is neither PS256 nor RS256.")
    issuer, subject = _text(jws.claims, "iss"), _text(jws.claims, "sub")
    if issuer.lower() == registration.client_id:
        _check_by_certificate(registration, jws, subject, endpoint)
    elif ("x5t" in jws.header or "x5t#S256" in jws.header) and not registration.federated_credentials:
        raise TokenFailure(number=700021)
    else:
        _check_by_federation(registration, jws, endpoint)


def _check_by_certificate(
    registration: Registration, jws: UnverifiedJws, subject: str, endpoint: TokenEndpoint
) -> None:
    if subject.lower() != registration.client_id:
        raise TokenFailure(number=50048)
    certificate = _named_certificate(registration, jws.header)
    if not jws.signed_by(certificate.public_key, algorithms=ALGORITHMS):
        raise _wrong_key("The signature does not fit the certificate.")
    if not certificate.valid_at(endpoint.now):
        raise _wrong_key("The certificate is outside its own validity.")
    if _audiences(jws.claims) != (endpoint.address,):
        raise TokenFailure(number=700023, description=f"The client assertion's aud is not {endpoint.address}.")
    _check_times(jws.claims, endpoint.now)
    _text(jws.claims, "jti")


def _named_certificate(registration: Registration, header: Mapping[str, Any]) -> Certificate:
    """The certificate whose thumbprint the header names; both, if it names it twice."""
    # Microsoft's own library for Python pads them, against RFC 7515, and Microsoft takes that.
    named = {member: str(header[member]).rstrip("=") for member in ("x5t#S256", "x5t") if member in header}
    if not named:
        raise TokenFailure(number=50027, description="The client assertion's header names no certificate thumbprint.")
    for certificate in registration.certificates:
        thumbprints = {"x5t#S256": certificate.sha256, "x5t": certificate.sha1}
        if all(thumbprints[member] == value for member, value in named.items()):
            return certificate
    raise _wrong_key(f"{' and '.join(named)} names no registered certificate.")


def _check_by_federation(registration: Registration, jws: UnverifiedJws, endpoint: TokenEndpoint) -> None:
    issuer = _text(jws.claims, "iss")
    mistake = federated_mistake(
        registration.federated_credentials,
        issuer=issuer,
        subject=_text(jws.claims, "sub"),
        audiences=_audiences(jws.claims),
    )
    if mistake is not None:
        raise TokenFailure(number=mistake.number, description=mistake.text)
    keys = endpoint.issuers.get(issuer)
    if keys is None:
        raise TokenFailure(number=50166, description="The issuer's keys are not at hand: this server fetches none.")
    key = keys.get(str(jws.header.get("kid")))
    if key is None or not jws.signed_by(key, algorithms=("RS256",)):
        raise _wrong_key("The signature is not by a key that the issuer publishes.")
    _check_times(jws.claims, endpoint.now)


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, begins = _moment(claims, "exp"), _moment(claims, "nbf")
    if expires is None:
        raise TokenFailure(number=50027, description="The client assertion has no exp.")
    if now >= expires + SKEW or (begins is not None and now < begins - SKEW):
        raise TokenFailure(number=700024)


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenFailure(number=50027, description=f"The client assertion's {name} is no number.")
    return float(value)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenFailure(number=50027, description=f"The client assertion has no {name}.")
    return value


def _audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    return tuple(value for value in listed if isinstance(value, str))


def _wrong_key(text: str) -> TokenFailure:
    return TokenFailure(number=700027, description=f"The client assertion is not signed with a registered key. {text}")
