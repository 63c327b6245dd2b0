"""What an event is about as it is kept until it is told, its user and session: plain JSON, in nobody's spelling.

A reader takes what it knows: what a newer version of ours has written, an older one beside it leaves alone.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, replace
from typing import Any, TypeVar

from broker.models.events import AuditEntry
from broker.models.identities import Identity
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.organizations import Membership, Organization, OrganizationConnection, OrganizationDomain
from broker.models.sessions import Session
from broker.models.users import Email, User, UserProfile

Model = TypeVar(
    "Model", User, Email, Identity, Session, Organization, OrganizationDomain, OrganizationConnection, Membership
)


def content_of(entry: AuditEntry, profile: UserProfile | None, metadata: UserMetadata) -> dict[str, Any]:
    """What is kept of an event."""
    return {
        "user": None if profile is None else asdict(profile),
        "metadata": None if metadata.is_empty else asdict(metadata),
        "session": None if entry.session is None else _without_provider(entry.session),
        "session_id": entry.session_id,
        "about": None if entry.about is None else _shown(entry.about),
        "ip_address": entry.ip_address,
        "user_agent": entry.user_agent,
        "actor": entry.actor,
        "detail": dict(entry.detail),
    }


def profile_in(content: Mapping[str, Any]) -> UserProfile | None:
    """The user of an event."""
    kept = content.get("user")
    if kept is None:
        return None
    return UserProfile(
        user=_made(User, kept["user"]),
        emails=tuple(_made(Email, each) for each in kept["emails"]),
        identities=tuple(_made(Identity, each) for each in kept["identities"]),
    )


def metadata_in(content: Mapping[str, Any]) -> UserMetadata:
    """What applications keep about the user."""
    kept = content.get("metadata")
    return NO_METADATA if kept is None else UserMetadata(**kept)


def session_in(content: Mapping[str, Any]) -> Session | None:
    """The session of an event, without what the provider said."""
    kept = content.get("session")
    return None if kept is None else _made(Session, kept)


def organization_in(content: Mapping[str, Any]) -> Organization | None:
    """The organization that an event is about."""
    kept = content.get("about")
    if kept is None:
        return None
    domains = tuple(_made(OrganizationDomain, each) for each in kept["domains"])
    return replace(_made(Organization, {**kept, "domains": ()}), domains=domains)


def connection_in(content: Mapping[str, Any]) -> OrganizationConnection | None:
    """The connection that an event is about, without its secret."""
    kept = content.get("about")
    return None if kept is None else _made(OrganizationConnection, kept)


def membership_in(content: Mapping[str, Any]) -> Membership | None:
    """The membership that an event is about."""
    kept = content.get("about")
    return None if kept is None else _made(Membership, kept)


def _shown(about: Any) -> dict[str, Any]:
    """What may be printed of a thing: a secret of a connection's is nobody's who is told of it."""
    kept = asdict(about)
    return {field.name: kept[field.name] for field in fields(about) if field.repr}


def _without_provider(session: Session) -> dict[str, Any]:
    """A hint or a claim of the provider's is nobody's but the session's."""
    kept = asdict(session)
    del kept["at_provider"]
    return kept


def _made(model: type[Model], kept: Mapping[str, Any]) -> Model:
    """What an older version did not know is empty."""
    given = {field.name: _tuple(kept[field.name]) for field in fields(model) if field.name in kept}
    needed = (field for field in fields(model) if field.default is MISSING and field.default_factory is MISSING)
    return model(**({field.name: None for field in needed} | given))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
