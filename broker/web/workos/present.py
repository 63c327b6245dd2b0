"""Our models as this face spells them: the exact JSON that WorkOS' SDKs parse, with every key always there."""

import json
from typing import Any

from broker.crypto import new_id
from broker.errors import IdentityRefused
from broker.models.applications import Application
from broker.models.connection_profiles import ConnectionProfile
from broker.models.identities import Identity, ProviderTokens
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.organizations import Membership
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.web.workos import ids, times
from broker.web.workos.selection import connection_type


def user(profile: UserProfile, *, metadata: UserMetadata = NO_METADATA) -> dict[str, Any]:
    """A user. Raises `IdentityRefused` for one without an address: these clients know none."""
    person, email = profile.user, profile.primary_email
    if email is None:
        raise IdentityRefused("the user has no address", code="unverified_email")
    last = max((identity.last_sign_in_at for identity in profile.identities), default=None)
    return {
        "object": "user",
        "id": ids.spelled("user", person.id),
        "email": email.address,
        "email_verified": email.is_verified,
        "first_name": person.given_name,
        "last_name": person.family_name,
        "name": person.name,
        "profile_picture_url": person.picture,
        "last_sign_in_at": None if last is None else times.spelled(last),
        "locale": person.locale,
        "external_id": person.external_id,
        "metadata": {name: _text(value) for name, value in (metadata.public or {}).items()},
        "created_at": times.spelled(person.created_at),
        "updated_at": times.spelled(person.updated_at),
    }


def session(found: Session, *, ended_at: int | None = None) -> dict[str, Any]:
    """A session; what has ended was revoked, since what expired is told to nobody."""
    shown = {
        "object": "session",
        "id": ids.spelled("session", found.id),
        "user_id": ids.spelled("user", found.user_id),
        "ip_address": found.ip_address,
        "user_agent": found.user_agent,
        "auth_method": "oauth" if found.provider == "microsoft" else "sso",
        "status": "active" if ended_at is None else "revoked",
        "expires_at": times.spelled(found.expires_at),
        "ended_at": None if ended_at is None else times.spelled(ended_at),
        "created_at": times.spelled(found.created_at),
        "updated_at": times.spelled(found.last_used_at if ended_at is None else ended_at),
    }
    if found.organization_id is not None:
        shown["organization_id"] = ids.spelled("org", found.organization_id)
    return shown


def identity(found: Identity) -> dict[str, Any]:
    """One way in which a user can prove who they are."""
    return {"idp_id": idp_id(found), "type": "OAuth", "provider": connection_type(found.provider)}


def profile(found: ConnectionProfile) -> dict[str, Any]:
    """How an application knows a person by one connection. Raises like `user`.

    The address is the one that came by this connection, if it is the person's; another of theirs may be none of the
    application's business.
    """
    person, primary = found.person.user, found.person.primary_email
    if primary is None:
        raise IdentityRefused("the user has no address", code="unverified_email")
    own = {email.address for email in found.person.emails}
    address = found.identity.address if found.identity.address in own else primary.address
    return {
        "object": "profile",
        "id": ids.spelled("prof", found.id),
        "connection_id": ids.spelled("conn", found.connection_id),
        "connection_type": connection_type(found.identity.provider),
        "organization_id": None if found.organization_id is None else ids.spelled("org", found.organization_id),
        "idp_id": idp_id(found.identity),
        "email": address,
        "first_name": person.given_name,
        "last_name": person.family_name,
        "name": person.name,
        "role": None,
        "roles": None,
        "groups": [],
        "custom_attributes": {},
        "raw_attributes": {},
    }


def oauth_tokens(provider: str, tokens: ProviderTokens) -> dict[str, Any]:
    """The provider's own tokens; a key without a value is `null`, since the Python SDK wants it to be there."""
    return {
        "provider": connection_type(provider),
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_at": tokens.expires_at,
        "scopes": list(tokens.scopes),
    }


def idp_id(found: Identity) -> str:
    """What the provider calls the person, once and for all: Microsoft's `oid`, which ends our key, or the subject."""
    return found.subject_key.rpartition(":")[2] if found.provider == "microsoft" else found.subject


def _text(value: object) -> str:
    """These clients know metadata of texts only; another face may have kept more."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def issuer(public_origin: str, client_id: str) -> str:
    """The `iss` of an application's access tokens."""
    return f"{public_origin}/user_management/{client_id}"


def access_claims(
    session: Session,
    application: Application,
    *,
    membership: Membership | None = None,
    public_origin: str,
    now: int,
    now_ms: int,
) -> dict[str, Any]:
    """The claims of an access token: short-lived, for the application alone, and never a session token of ours.

    `membership`: the user's, in the organization that the session acts in.

    What does not apply is left out: the SDKs take `null` for a value.
    """
    claims = {
        "iss": issuer(public_origin, application.client_id),
        "aud": application.client_id,
        "client_id": application.client_id,
        "sub": ids.spelled("user", session.user_id),
        "sid": ids.spelled("session", session.id),
        "jti": ids.spelled("", new_id(now_ms)),
        "auth_time": session.created_at,
        "iat": now,
        "exp": min(now + application.access_lifespan, session.expires_at),
    }
    if session.organization_id is not None:
        claims["org_id"] = ids.spelled("org", session.organization_id)
    if membership is not None and membership.organization_id == session.organization_id:
        claims |= {"role": membership.roles[0], "roles": list(membership.roles), "permissions": []}
    return claims
