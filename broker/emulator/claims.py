"""What an ID token says about a person, for a registration and the scopes granted.

Source: Microsoft's ID token claims reference and optional claims reference, and published tokens where they differ:
life times, the shapes of `oid` and `sub` of personal accounts, `xms_edov` as a string there.
"""

import base64
import hashlib
import hmac
import secrets

from broker.emulator.codes import Grant
from broker.emulator.group_claims import group_claims, role_claims
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
        claims |= role_claims(person, registration)
    claims |= group_claims(person, registration)
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
        "upn": _upn(person, registration),
        "login_hint": person.at_home.login_hint,
        "acct": None if person.tenant.personal else int(person.guest),
        "idp": person.idp,  # absent at home, where it would equal `iss`
    }
    wanted = registration.optional_claims
    return {name: value for name, value in held.items() if name in wanted and value is not None}


def _upn(person: Person, registration: Registration) -> str | None:
    """The sign-in name; a guest's is decorated, and comes only where the registration asks for it so."""
    if not person.guest or person.upn is None:
        return person.upn
    if "include_externally_authenticated_upn" in registration.optional_claims:
        return person.upn
    if "include_externally_authenticated_upn_without_hash" in registration.optional_claims:
        return person.upn.replace("#", "_")
    return None


def _email(grant: Grant, registration: Registration) -> dict[str, object]:
    """`email` if the person has one and scope or option asks, and `xms_edov` only beside it.

    A guest's comes unasked. One whose domain nobody verified is left out where the registration says so.
    """
    person, wanted = grant.person, registration.optional_claims
    claims: dict[str, object] = {}
    if "verified_primary_email" in wanted:
        claims["verified_primary_email"] = [person.email] if person.email and person.edov is True else []
    asked = "email" in grant.scopes or "email" in wanted or person.guest
    if person.email is None or not asked or (registration.remove_unverified_email and not person.edov):
        return claims
    claims["email"] = person.email
    if "xms_edov" in wanted and person.edov is not None:
        claims["xms_edov"] = person.edov
    return claims


def _session_claims(grant: Grant, registration: Registration) -> dict[str, object]:
    wanted = registration.optional_claims
    claims: dict[str, object] = {}
    if not grant.person.tenant.personal:
        claims["sid"] = grant.session_id
    if "auth_time" in wanted:
        claims["auth_time"] = int(grant.auth_time)
    if "amr" in wanted:
        claims["amr"] = ["pwd", "mfa"] if grant.strong else ["pwd"]
    if grant.acrs:
        claims["acrs"] = list(grant.acrs)
    return claims


def _service_claims(person: Person) -> dict[str, object]:
    """Microsoft's own, which mean nothing to anybody else."""
    claims: dict[str, object] = {"aio": secrets.token_urlsafe(66)}
    if not person.tenant.personal:
        claims |= {"uti": secrets.token_urlsafe(16), "rh": f"1.A{secrets.token_urlsafe(48)}."}
    return claims
