"""What an ID token says about a person, for a registration and the scopes granted.

Source: Microsoft's ID token claims reference and optional claims reference, and published tokens where they differ:
life times, the shapes of `oid` and `sub` of personal accounts, `xms_edov` as a string there.
"""

import base64
import hashlib
import hmac
import secrets

from broker.emulator.codes import Grant
from broker.emulator.people import Person
from broker.emulator.registrations import Registration

BACKDATED = 300
"""Seconds by which `iat` and `nbf` lie before the moment of issue."""
WORK_LIFETIME = 3_900
PERSONAL_LIFETIME = 86_700

# Fixed, so that a person's `sub` is the same after a restart, as Microsoft's is. It keeps nothing secret here.
_SUBJECT_KEY = b"the emulator's subjects are pairwise and stable"


def subject(person: Person, client_id: str) -> str:
    """`sub`: 43 characters, another one for each application; personal accounts' begins with 21 times A."""
    account = f"{client_id}\0{person.tenant.id}\0{person.oid}".encode()
    digest = hmac.new(_SUBJECT_KEY, account, hashlib.sha256).digest()
    text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return "A" * 21 + text[:22] if person.tenant.personal else text


def id_token_claims(grant: Grant, registration: Registration, *, base: str, now: float) -> dict[str, object]:
    """The claims in the order Microsoft sends them; `now` in seconds since the epoch."""
    person = grant.person
    issued = int(now) - BACKDATED
    claims: dict[str, object] = {
        "ver": "2.0",
        "iss": f"{base}/{person.tenant.id}/v2.0",
        "aud": registration.client_id,
        "tid": person.tenant.id,
        "sub": subject(person, registration.client_id),
        "iat": issued,
        "nbf": issued,
        "exp": issued + (PERSONAL_LIFETIME if person.tenant.personal else WORK_LIFETIME),
    }
    if "profile" in grant.scopes:
        claims |= {"oid": person.oid, "name": person.name, "preferred_username": person.username}
        claims |= _profile_options(person, registration)
    claims |= _email(grant, registration)
    claims |= _session_claims(grant, registration)
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    claims |= _service_claims(person)
    return claims


def _profile_options(person: Person, registration: Registration) -> dict[str, object]:
    """The optional claims that also need the scope `profile`."""
    held: dict[str, object | None] = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "upn": person.upn,
        "login_hint": person.login_hint,
        "acct": None if person.tenant.personal else 0,
    }
    wanted = registration.optional_claims
    claims = {name: value for name, value in held.items() if name in wanted and value is not None}
    if person.roles:
        claims["roles"] = list(person.roles)  # assigned, so it comes unasked
    return claims


def _email(grant: Grant, registration: Registration) -> dict[str, object]:
    """`email` if the person has one and scope or option asks, and `xms_edov` only beside it."""
    person, wanted = grant.person, registration.optional_claims
    if person.email is None or not ("email" in grant.scopes or "email" in wanted):
        return {}
    claims: dict[str, object] = {"email": person.email}
    if "xms_edov" in wanted and person.edov is not None:
        claims["xms_edov"] = person.edov
    return claims


def _session_claims(grant: Grant, registration: Registration) -> dict[str, object]:
    claims: dict[str, object] = {}
    if not grant.person.tenant.personal:
        claims["sid"] = grant.session_id
    if "auth_time" in registration.optional_claims:
        claims["auth_time"] = int(grant.auth_time)
    return claims


def _service_claims(person: Person) -> dict[str, object]:
    """Microsoft's own, which mean nothing to anybody else."""
    claims: dict[str, object] = {"aio": secrets.token_urlsafe(66)}
    if not person.tenant.personal:
        claims |= {"uti": secrets.token_urlsafe(16), "rh": f"1.A{secrets.token_urlsafe(48)}."}
    return claims
