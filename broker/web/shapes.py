"""Our models as the JSON that more than one face shows: the person, their sessions, the answer to a check."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from broker.models.identities import Identity
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.sessions import Session
from broker.models.users import Email, UserProfile
from broker.sessions.lifecycle import Limits, LiveSession
from broker.sessions.token import told_by_provider

_SPELLED_OUT = {
    "sub": "subject",
    "iat": "issued_at",
    "exp": "expiration",
    "aud": "audience",
    "iss": "issuer",
}
_TIMES = frozenset({"iat", "exp"})


@lru_cache(maxsize=2048)
def time(seconds: int) -> str:
    """RFC 3339 in UTC. A session that is checked again and again tells the same times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + "Z"


def me(profile: UserProfile, display_names: Mapping[str, str], kept: UserMetadata = NO_METADATA) -> dict[str, Any]:
    """The body of `GET /me`; members without content are left out. `display_names` are the providers'.

    Of what applications keep about the person they see all but what is private to the operators.
    """
    user = profile.user
    shown = {identity.id: _identity(identity, display_names) for identity in profile.identities}
    content: dict[str, Any] = {
        "id": user.id,
        "user_id": user.id,
        "mfa_config": {"auth_app_set_up": False, "totp_enabled": False, "security_keys_enabled": False},
        "emails": [_email(email, profile, shown) for email in profile.emails],
        "created_at": time(user.created_at),
        "updated_at": time(user.updated_at),
        "identities": list(shown.values()),
        "name": user.name,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "picture": user.picture,
        "metadata": _metadata(kept),
    }
    return {name: value for name, value in content.items() if value not in (None, [], {})}


def _metadata(kept: UserMetadata) -> dict[str, Any]:
    parts = {"public_metadata": kept.public, "unsafe_metadata": kept.unsafe}
    return {name: value for name, value in parts.items() if value}


def validation(live: LiveSession | None, limits: Limits) -> dict[str, Any]:
    """The body of `/sessions/validate`; of the provider's claims all, also those that the token had no room for."""
    if live is None:
        return {"is_valid": False}
    claims = spelled_out(live.claims.claims)
    if live.session.at_provider.claims:
        claims["provider"] = told_by_provider(live.session)
    content: dict[str, Any] = {
        "is_valid": True,
        "claims": claims,
        "expiration_time": time(live.claims.expires_at),
        "user_id": live.claims.user_id,
    }
    idle = limits.idle_expires_at(live.session)
    if idle is not None:
        content["idle_expires_at"] = time(idle)
    return content


def spelled_out(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a session token under the names that Hanko's clients know."""
    return {_SPELLED_OUT.get(name, name): time(value) if name in _TIMES else value for name, value in claims.items()}


def session(found: Session, *, current_id: str) -> dict[str, Any]:
    """One of the user's own sessions."""
    return {
        "id": found.id,
        "created_at": time(found.created_at),
        "last_used": time(found.last_used_at),
        "expires_at": time(found.expires_at),
        "user_agent": found.user_agent,
        "ip_address": found.ip_address,
        "current": found.id == current_id,
    }


def _email(email: Email, profile: UserProfile, shown: Mapping[str, dict[str, str]]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "id": email.id,
        "address": email.address,
        "is_verified": email.is_verified,
        "is_primary": email.is_primary,
    }
    backing = [shown[one.id] for one in profile.identities if one.address == email.address]
    if backing:
        content["identity"] = backing[0]
        content["identities"] = backing
    return content


def _identity(identity: Identity, display_names: Mapping[str, str]) -> dict[str, str]:
    return {
        "id": identity.subject,
        "provider": display_names.get(identity.provider, identity.provider),
        "identity_id": identity.id,
    }
