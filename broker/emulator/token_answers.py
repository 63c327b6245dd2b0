"""The token endpoint's success: which tokens come, and what is said of them (RFC 6749 section 5.1)."""

import dataclasses
import secrets

from starlette.requests import Request

from broker.emulator.authorization_answers import client_info
from broker.emulator.claims import id_token_claims
from broker.emulator.codes import Grant
from broker.emulator.id_token import issue_id_token, signing_key
from broker.emulator.permissions import graph_scopes
from broker.emulator.refresh_tokens import IssuedRefreshToken
from broker.emulator.registrations import Registration
from broker.emulator.state import base_of, cloud_of, emulator_of


def token_answer(
    request: Request, registration: Registration, grant: Grant, *, before: IssuedRefreshToken | None = None
) -> dict[str, object]:
    """The tokens of a grant; `before` is the refresh token that brought them, if one did."""
    emulator = emulator_of(request)
    # Randomised as Microsoft's is, so that nobody comes to rely on an hour.
    lifetime = 3599 + secrets.randbelow(1802)
    scopes = _granted(request, grant)
    answer: dict[str, object] = {
        "token_type": "Bearer",
        "scope": " ".join(scopes),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": emulator.access_tokens.issue(
            person=grant.person,
            scopes=scopes,
            client_id=registration.client_id,
            now=emulator.clock.now(),
            lifetime=lifetime,
            cloud=cloud_of(request),
        ),
    }
    answer |= _refresh_token(request, grant, before)
    if "openid" in grant.scopes:
        answer["id_token"] = _id_token(request, registration, grant)
    return answer


def add_client_info(answer: dict[str, object], grant: Grant) -> None:
    """The library extension, for those who asked for it."""
    answer["client_info"] = client_info(grant.person)


def _granted(request: Request, grant: Grant) -> tuple[str, ...]:
    """What the answer names: the scopes asked for, and Graph's that were consented to earlier.

    `offline_access` shows in the refresh token alone.
    """
    allowed = emulator_of(request).consents.allowed(grant.person, grant.client_id)
    earlier = graph_scopes(tuple(sorted(allowed)))
    return tuple(scope for scope in dict.fromkeys((*grant.scopes, *earlier)) if scope != "offline_access")


def _refresh_token(request: Request, grant: Grant, before: IssuedRefreshToken | None) -> dict[str, object]:
    # A refresh for fewer scopes does not make the grant any smaller.
    scopes = tuple(dict.fromkeys((*(before.grant.scopes if before else ()), *grant.scopes)))
    if "offline_access" not in scopes:
        return {}
    tokens = emulator_of(request).refresh_tokens
    kept = dataclasses.replace(grant, scopes=scopes, nonce=None, challenge=None)
    answer: dict[str, object] = {"refresh_token": tokens.issue(kept, before=before)}
    if grant.single_page:
        answer["refresh_token_expires_in"] = int(tokens.ends_at(kept, before) - emulator_of(request).clock.now())
    return answer


def _id_token(request: Request, registration: Registration, grant: Grant) -> str:
    emulator = emulator_of(request)
    change = emulator.changes.take(grant.person.key)
    claims = id_token_claims(grant, registration, base=base_of(request), now=emulator.clock.now())
    signing = signing_key(
        emulator.keys, client_id=registration.client_id, tenant=grant.person.tenant, cloud=cloud_of(request)
    )
    return issue_id_token(claims, change, keys=emulator.keys, signing=signing)
