"""The session token: claims in, claims out.

A JWT that any backend can check by our JWK Set. Its claims are those that Hanko's sessions carry, plus `iss`. We
ourselves accept one only with our `iss`, `aud`, an allowed `alg` and, in `sessions/lifecycle`, a living row.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from broker.errors import NotAuthenticated
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.sessions.templates.claims import NO_TEMPLATES, ClaimTemplates

MOST_BYTES = 8192
"""A longer one is none of ours, and not worth the arithmetic."""

_LISTS = ("groups", "roles", "acrs", "amr")
"""The lists of the provider's claims, in the order in which a token does without them."""


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """What our session tokens say of where they come from and whom they are for; a cookie has room for `most_bytes`."""

    issuer: str
    audience: tuple[str, ...]
    most_bytes: int = 4000
    templates: ClaimTemplates = NO_TEMPLATES


@dataclass(frozen=True, kw_only=True)
class SessionClaims:
    """What a session token says, once its signature, issuer, audience and times were found good."""

    user_id: str
    session_id: str
    issued_at: int
    expires_at: int
    claims: dict[str, Any]


def claims_of(session: Session, profile: UserProfile, rules: TokenRules) -> dict[str, Any]:
    """The claims of the token for this session; those of templates first, so that ours overwrite them."""
    claims = rules.templates.claims_for(profile, session.metadata)
    claims |= {
        "aud": list(rules.audience),
        "exp": session.expires_at,
        "iat": session.created_at,
        "iss": rules.issuer,
        "session_id": session.id,
        "sub": profile.user.id,
    }
    email = profile.primary_email
    if email is not None:
        claims["email"] = {
            "address": email.address,
            "is_primary": email.is_primary,
            "is_verified": email.is_verified,
        }
    if session.amr:
        claims["amr"] = list(session.amr)
    if session.at_provider.claims:
        claims["provider"] = told_by_provider(session)
    return claims


def told_by_provider(session: Session) -> dict[str, Any]:
    """All that the provider said and configuration wants, however much it is: a token may have room for less."""
    return {"name": session.provider, **session.at_provider.claims}


def shed(claims: dict[str, Any], templates: ClaimTemplates = NO_TEMPLATES) -> bool:
    """Take the next list out of a token that is too long, then the longest claim of a template; false: there is none.

    It says so in its place, for a list that is not there must not pass for an empty one.
    """
    told = claims.get("provider", {})
    for name in _LISTS:
        if isinstance(told.get(name), list):
            del told[name]
            told[f"{name}_overage"] = True
            return True
    further = sorted(templates.names & set(claims), key=lambda name: len(json.dumps(claims[name])))
    if not further:
        return False
    del claims[further[-1]]
    templates.leave_out(further[-1], "the token has no room for it")
    return True


def read(claims: dict[str, Any], rules: TokenRules, *, now: int) -> SessionClaims:
    """Judge the claims of a token whose signature held. No leeway: the clock that issued it is ours.

    Raises `NotAuthenticated`.
    """
    if claims.get("iss") != rules.issuer:
        raise NotAuthenticated("session token of another issuer")
    if not _meant_for(claims.get("aud"), rules.audience):
        raise NotAuthenticated("session token for another audience")
    issued_at, expires_at = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    if now >= expires_at:
        raise NotAuthenticated("session token expired")
    return SessionClaims(
        user_id=_text(claims.get("sub")),
        session_id=_text(claims.get("session_id")),
        issued_at=issued_at,
        expires_at=expires_at,
        claims=claims,
    )


def _meant_for(unverified_audience: object, ours: Sequence[str]) -> bool:
    """The token must name us, and nobody whom we did not put there."""
    if isinstance(unverified_audience, str):
        return unverified_audience in ours
    if not isinstance(unverified_audience, list) or not unverified_audience:
        return False
    return all(isinstance(one, str) and one in ours for one in unverified_audience)


def _seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise NotAuthenticated("session token without usable times")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise NotAuthenticated("not a session token")
    return value
