"""How a client proves who it is at the token endpoint: by a secret (in the form or by HTTP Basic), by an assertion, or,
if public, not.

Source: RFC 6749 section 2.3.1, and Microsoft's error numbers for each way to fail.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from starlette.requests import Request

from broker.emulator.authorization_request import missing
from broker.emulator.client_assertions import ASSERTION_TYPE, TokenEndpoint, verify_assertion
from broker.emulator.failures import TokenFailure
from broker.emulator.federated_issuer import issuer_of
from broker.emulator.keys import KeyClass
from broker.emulator.registrations import Registration
from broker.emulator.state import base_of, emulator_of
from broker.emulator.tenants import ALDER


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What a request shows of its client: id, and a secret or an assertion."""

    client_id: str | None
    secret: str | None = field(repr=False)
    assertion: str | None = field(default=None, repr=False)
    assertion_type: str | None = None


def read_credentials(parameters: Mapping[str, str], authorization: str | None) -> Presented:
    """Client id and credential from the form or the `Authorization` header, not from both."""
    posted = Presented(
        client_id=parameters.get("client_id"),
        secret=parameters.get("client_secret"),
        assertion=parameters.get("client_assertion"),
        assertion_type=parameters.get("client_assertion_type"),
    )
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return posted
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise TokenFailure(number=70002) from None
    name, _, secret = (unquote_plus(half) for half in decoded.partition(":"))
    twice = posted.secret is not None or posted.assertion is not None
    if twice or posted.client_id not in (None, name):
        raise TokenFailure(number=90013, description="The client authenticates in two ways at once.")
    return Presented(client_id=name, secret=secret)


async def authenticate_client(request: Request, registration: Registration, presented: Presented) -> None:
    """Return if the credential is right; raise `TokenFailure` with the number of what is wrong."""
    if registration.public:
        if presented.secret is not None or presented.assertion is not None:
            raise TokenFailure(number=700025)
    elif presented.assertion is not None:
        _check_assertion_alone(presented)
        verify_assertion(registration, presented.assertion, await _token_endpoint(request))
    elif presented.secret is not None:
        _check_secret(registration, presented.secret, emulator_of(request).clock.now())
    else:
        raise TokenFailure(number=7000218)


def _check_secret(registration: Registration, unverified_secret: str, now: float) -> None:
    matching = [secret for secret in registration.secrets if secret.matches(unverified_secret)]
    if not matching:
        raise TokenFailure(number=7000215)
    if all(secret.expired(now) for secret in matching):
        raise TokenFailure(number=7000222)


def _check_assertion_alone(presented: Presented) -> None:
    if presented.secret is not None:
        raise TokenFailure(number=90013, description="The client authenticates in two ways at once.")
    if presented.assertion_type is None:
        raise TokenFailure(number=900144, description=missing("client_assertion_type"))
    if presented.assertion_type != ASSERTION_TYPE:
        raise TokenFailure(number=90023, description="client_assertion_type is not supported.")


async def _token_endpoint(request: Request) -> TokenEndpoint:
    """This request's own address, with the keys of the issuers that live here."""
    emulator, base = emulator_of(request), base_of(request)
    await emulator.keys.ready()
    published = {key.kid: key.private.public_key() for key in emulator.keys.published(KeyClass.WORK)}
    return TokenEndpoint(
        address=base + request.url.path,
        now=emulator.clock.now(),
        issuers={
            issuer_of(base): await emulator.federated_issuer.public_keys(),
            f"{base}/{ALDER.id}/v2.0": published,
        },
    )
