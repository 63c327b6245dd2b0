"""An event as this face shows it: read as one of a list, or told to a webhook, the same object to the byte.

Its data is the object as the API shows it, as of the moment of the event.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from broker.events.webhooks.snapshot import (
    connection_in,
    membership_in,
    metadata_in,
    organization_in,
    profile_in,
    session_in,
)
from broker.models.users import Email, User, UserProfile
from broker.models.webhooks import OutboxEvent
from broker.web.workos import ids, organization_shapes, present, times
from broker.web.workos.selection import connection_type

MOST_INDEX: Final = 2**32 - 1
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


def event(found: OutboxEvent) -> dict[str, Any]:
    """The event object."""
    return {
        "object": "event",
        "id": ids.spelled("event", found.id),
        "event": found.name,
        "data": in_javascript_order(_data(found)),
        "created_at": times.spelled(found.occurred_at),
        "context": {},
    }


def in_javascript_order(value: Any) -> Any:
    """Members whose names are indexes in front, by number: in JavaScript they are, whatever the order was in JSON.

    ECMA-262 10.1.11.1. `webhooks` says why it matters; a list and a webhook show the same.
    """
    if not isinstance(value, Mapping):
        return value
    indexes = sorted((name for name in value if _is_index(name)), key=int)
    return {name: in_javascript_order(value[name]) for name in dict.fromkeys((*indexes, *value))}


def _is_index(name: str) -> bool:
    return _NUMBER.fullmatch(name) is not None and int(name) < MOST_INDEX


def _data(found: OutboxEvent) -> Mapping[str, Any]:
    kind = found.name.partition(".")[0]
    if kind == "user":
        return present.user(_addressed(_person(found)), metadata=metadata_in(found.content))
    if kind == "authentication":
        return _authentication(found)
    if kind == "session":
        return _session(found)
    return _thing(kind, found)


def _person(found: OutboxEvent) -> UserProfile:
    """The user as they were; of one of whom nothing was left, the id alone. One event must not spoil a list of many."""
    at = found.occurred_at
    nobody = User(
        id=found.user_id,
        name=None,
        given_name=None,
        family_name=None,
        picture=None,
        created_at=at,
        updated_at=at,
        locked_at=None,
    )
    return profile_in(found.content) or UserProfile(user=nobody, emails=(), identities=())


def _addressed(person: UserProfile) -> UserProfile:
    """These clients know nobody without an address: of those who have none it is empty. An event must be told."""
    if person.primary_email is not None:
        return person
    none = Email(
        id=person.user.id,
        user_id=person.user.id,
        address="",
        is_primary=True,
        is_verified=False,
        verified_by=None,
        created_at=person.user.created_at,
        updated_at=person.user.updated_at,
    )
    return replace(person, emails=(none,))


def _authentication(found: OutboxEvent) -> Mapping[str, Any]:
    person, content = _person(found), found.content
    email = person.primary_email
    is_sso = found.name == "authentication.sso_succeeded"
    data = {
        "type": "sso" if is_sso else "oauth",
        "status": "succeeded",
        "ip_address": content.get("ip_address"),
        "user_agent": content.get("user_agent"),
        "user_id": ids.spelled("user", person.user.id),
        "email": "" if email is None else email.address,
    }
    if not is_sso:
        return {**data, "provider": connection_type(content["detail"].get("provider", ""))}
    organization, connection = found.organization_id, content["detail"].get("connection")
    return {
        **data,
        "sso": {
            "organization_id": None if organization is None else ids.spelled("org", organization),
            "connection_id": None if connection is None else ids.spelled("conn", connection),
            "session_id": None,
        },
    }


def _thing(kind: str, found: OutboxEvent) -> Mapping[str, Any]:
    if kind == "organization" and (organization := organization_in(found.content)) is not None:
        return organization_shapes.organization(organization)
    if kind == "connection" and (connection := connection_in(found.content)) is not None:
        return organization_shapes.connection(connection)
    if kind == "organization_membership" and (membership := membership_in(found.content)) is not None:
        return organization_shapes.membership(membership)
    raise ValueError(f"the event {found.id} was kept without what it is about")


def _session(found: OutboxEvent) -> Mapping[str, Any]:
    session = session_in(found.content)
    if session is None:
        raise ValueError(f"the event {found.id} was kept without its session")
    is_over = found.name == "session.revoked"
    return present.session(session, ended_at=found.occurred_at if is_over else None)
