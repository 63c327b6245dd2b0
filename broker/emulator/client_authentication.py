"""How a client proves who it is at the token endpoint: by a secret (in the form or by HTTP Basic), or, if public, not.

Source: RFC 6749 section 2.3.1, and Microsoft's error numbers for each way to fail.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from broker.emulator.failures import TokenFailure
from broker.emulator.registrations import Registration


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What a request shows of its client: id, secret, and whether an assertion came along."""

    client_id: str | None
    secret: str | None
    assertion: bool = False


def read_credentials(parameters: Mapping[str, str], authorization: str | None) -> Presented:
    """Client id and credential from the form or the `Authorization` header, not from both."""
    posted = Presented(
        client_id=parameters.get("client_id"),
        secret=parameters.get("client_secret"),
        assertion="client_assertion" in parameters,
    )
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return posted
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise TokenFailure(number=70002) from None
    name, _, secret = (unquote_plus(half) for half in decoded.partition(":"))
    twice = posted.secret is not None or posted.assertion
    if twice or posted.client_id not in (None, name):
        raise TokenFailure(number=90013, description="The client authenticates in two ways at once.")
    return Presented(client_id=name, secret=secret)


def authenticate_client(registration: Registration, presented: Presented, now: float) -> None:
    """Return if the credential is right; raise `TokenFailure` with the number of what is wrong."""
    if registration.public:
        if presented.secret is not None or presented.assertion:
            raise TokenFailure(number=700025)
        return
    if presented.secret is None:
        # No registration has a certificate yet, so no assertion can be signed with one.
        raise TokenFailure(number=700027 if presented.assertion else 7000218)
    matching = [secret for secret in registration.secrets if secret.matches(presented.secret)]
    if not matching:
        raise TokenFailure(number=7000215)
    if all(secret.expired(now) for secret in matching):
        raise TokenFailure(number=7000222)
