"""Our models as the exact JSON of Hanko's clients, as far as no other face shows the same (`web/shapes`)."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from broker.models.events import AuditEntry
from broker.models.identities import Identity
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.sessions import Session
from broker.models.users import Email, UserProfile
from broker.models.webhooks import Delivery, Webhook
from broker.web import shapes
from broker.web.hanko.audit_types import type_of
from broker.web.hanko.user_agents import described


def profile(
    person: UserProfile,
    sessions: Sequence[Session],
    kept: UserMetadata,
    *,
    current_id: str,
    display_names: Mapping[str, str],
) -> dict[str, Any]:
    """The payload of `profile_init`."""
    return {
        "user": shapes.me(person, display_names, kept),
        "sessions": [_session(each, current_id=current_id) for each in sessions],
    }


def _session(found: Session, *, current_id: str) -> dict[str, Any]:
    content = shapes.session(found, current_id=current_id)
    content["user_agent_raw"] = content["user_agent"]
    if found.user_agent is not None:
        content["user_agent"] = described(found.user_agent)
    return {name: value for name, value in content.items() if value is not None}


def success(
    profile: UserProfile,
    session: Session,
    claims: Mapping[str, Any],
    kept: UserMetadata,
    display_names: Mapping[str, str],
) -> dict[str, Any]:
    """The payload of the state `success`; the SDK needs `claims.expiration`."""
    return {
        "user": shapes.me(profile, display_names, kept),
        "claims": shapes.spelled_out(claims),
        "last_login": {"login_method": "third_party", "third_party_provider": session.provider},
    }


def classic_user(person: UserProfile, kept: UserMetadata, display_names: Mapping[str, str]) -> dict[str, Any]:
    """The body of `GET /users/{id}`: that of `/me`, the primary address by itself, and no passkeys."""
    content: dict[str, Any] = {**shapes.me(person, display_names, kept), "webauthn_credentials": None}
    if person.primary_email is not None:
        content["email"] = person.primary_email.address
    return content


def classic_addresses(person: UserProfile, display_names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The body of `GET /emails`."""
    addresses: list[dict[str, Any]] = shapes.me(person, display_names).get("emails", [])
    return addresses


_BUILT_IN = {"microsoft": "Microsoft"}
"""The classic components turn the name into the id by its letters' case alone: it is not the operator's to choose."""


def public_configuration(provider_ids: Container[str], *, allow_signup: bool, allow_deletion: bool) -> dict[str, Any]:
    """The body of `/.well-known/config`. Custom providers are not named: the classic components cannot start them.

    No password; and no address can be added, which the components offer below the most that is allowed.
    """
    names = [name for id, name in _BUILT_IN.items() if id in provider_ids]
    return {
        "password": {"enabled": False, "min_password_length": 8},
        "emails": {"require_verification": True, "max_num_of_addresses": 0},
        "providers": names or None,
        "account": {"allow_deletion": allow_deletion, "allow_signup": allow_signup},
        "use_enterprise": False,
    }


def admin_user(
    person: UserProfile,
    *,
    ip_address: str | None = None,
    user_agent: str | None = None,
    metadata: UserMetadata = NO_METADATA,
) -> dict[str, Any]:
    """The user of the admin API and of webhooks; members without content are left out.

    Of identities only those that one of the addresses came with; `ip_address` and `user_agent` are of webhooks alone.
    """
    user = person.user
    of_address = {email.address: email.id for email in person.emails}
    content: dict[str, Any] = {
        "id": user.id,
        "emails": [admin_email(email) for email in person.emails],
        "created_at": shapes.time(user.created_at),
        "updated_at": shapes.time(user.updated_at),
        "identities": [
            _admin_identity(identity, of_address[identity.address])
            for identity in person.identities
            if identity.address in of_address
        ],
        "ip_address": ip_address,
        "user_agent": user_agent,
        "metadata": kept_metadata(metadata),
        "given_name": user.given_name,
        "family_name": user.family_name,
        "name": user.name,
        "picture": user.picture,
    }
    return {name: value for name, value in content.items() if value not in (None, [], {})}


def listed_user(person: UserProfile) -> dict[str, Any]:
    """A user in a list: without identities."""
    return {name: value for name, value in admin_user(person).items() if name != "identities"}


def kept_metadata(kept: UserMetadata) -> dict[str, Any]:
    """What applications keep about a user; each part only if there is something in it."""
    parts = {"public_metadata": kept.public, "private_metadata": kept.private, "unsafe_metadata": kept.unsafe}
    return {name: value for name, value in parts.items() if value}


_NOT_TOLD = frozenset({"address_hash"})
"""Whoever guesses an address would see by its hash that they are right, however it is masked."""


def audit_entry(entry: AuditEntry, address: str | None, *, mask: bool) -> dict[str, Any]:
    """An entry of the audit log; `address` is its actor's, as it is now."""
    at = shapes.time(entry.created_at)
    content: dict[str, Any] = {
        "id": entry.id,
        "type": type_of(entry),
        "meta_http_request_id": entry.request_id or "",
        "meta_source_ip": entry.ip_address or "",
        "meta_user_agent": entry.user_agent or "",
        "actor_user_id": entry.user_id,
        "actor_email": address if address is None or not mask else masked(address),
        "details": {name: value for name, value in entry.detail.items() if value is not None and name not in _NOT_TOLD},
        "created_at": at,
        "updated_at": at,
    }
    return {name: value for name, value in content.items() if value is not None}


def masked(address: str) -> str:
    """An address of which one sees whose domain it is, and of a longer name three letters."""
    local, _, domain = address.rpartition("@")
    shown = local[:1] if len(local) <= 6 else local[:3]
    return f"{shown.ljust(max(len(local), 6), '*')}@{domain}"


def admin_email(email: Email) -> dict[str, Any]:
    """An address of the admin API."""
    return {
        "id": email.id,
        "address": email.address,
        "is_verified": email.is_verified,
        "is_primary": email.is_primary,
        "created_at": shapes.time(email.created_at),
        "updated_at": shapes.time(email.updated_at),
    }


def admin_session(session: Session) -> dict[str, Any]:
    """A session of the admin API and of webhooks."""
    return {
        "id": session.id,
        "user_id": session.user_id,
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
        "created_at": shapes.time(session.created_at),
        "updated_at": shapes.time(session.last_used_at),
        "expires_at": shapes.time(session.expires_at),
        "last_used": shapes.time(session.last_used_at),
    }


def _admin_identity(identity: Identity, email_id: str) -> dict[str, str]:
    """The names are historical: `provider_id` is the subject at the provider, `provider_name` the provider."""
    return {
        "id": identity.id,
        "provider_id": identity.subject,
        "provider_name": identity.provider,
        "email_id": email_id,
        "created_at": shapes.time(identity.created_at),
        "updated_at": shapes.time(identity.last_sign_in_at),
    }


def webhook(hook: Webhook) -> dict[str, Any]:
    """A webhook that has a row."""
    return {
        "id": hook.id,
        "callback": hook.callback,
        "enabled": hook.enabled,
        "failures": hook.failures,
        "expires_at": None if hook.expires_at is None else shapes.time(hook.expires_at),
        "events": [{"id": each.id, "event": each.event} for each in hook.events],
        "created_at": shapes.time(hook.created_at),
        "updated_at": shapes.time(hook.updated_at),
    }


def configured_webhook(hook: Webhook) -> dict[str, Any]:
    """A webhook of the configuration; its id is ours, for its deliveries."""
    return {"id": hook.id, "callback": hook.callback, "events": [each.event for each in hook.events]}


def delivery(found: Delivery) -> dict[str, Any]:
    """An event that a webhook did not take; nothing of what it says about the person."""
    return {
        "id": found.event.id,
        "event": found.event.name,
        "user_id": found.event.user_id,
        "occurred_at": shapes.time(found.event.occurred_at),
        "state": found.state,
        "attempts": found.attempts,
        "next_attempt_at": shapes.time(found.next_at) if found.state == "waiting" else None,
        "last_status": found.status,
        "last_failure": found.failure,
        "updated_at": shapes.time(found.updated_at),
    }
