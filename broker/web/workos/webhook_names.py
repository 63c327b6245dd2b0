"""What this face calls our events. A program reads them by these names, or is told them as webhooks.

Of sessions only those are told that applications were given here; of a sign-in, whatever face it came by: its user is
everybody's. What failed before anybody was proven is no event (`events/catalogue`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from broker.events.catalogue import Event
from broker.models.events import AuditEntry
from broker.models.webhooks import Called

KEPT_SECONDS: Final = 30 * 86_400
"""For how long an event can be read."""
EVERYTHING: Final = ""
"""What a hook of the configuration is subscribed to: the beginning of every name."""

_OF_USERS: Final[Mapping[str, str]] = {
    Event.USER_CREATED: "user.created",
    Event.USER_DELETED: "user.deleted",
    Event.USER_CHANGED: "user.updated",
    Event.METADATA_CHANGED: "user.updated",
    Event.ADDRESS_ADDED: "user.updated",
    Event.ADDRESS_PROVEN: "user.updated",
    Event.ADDRESS_RELEASED: "user.updated",
    Event.ADDRESS_DELETED: "user.updated",
    Event.PRIMARY_CHANGED: "user.updated",
}
_OF_THINGS: Final[Mapping[str, str]] = {
    Event.ORGANIZATION_CREATED: "organization.created",
    Event.ORGANIZATION_CHANGED: "organization.updated",
    Event.ORGANIZATION_DELETED: "organization.deleted",
    Event.CONNECTION_ACTIVATED: "connection.activated",
    Event.CONNECTION_DEACTIVATED: "connection.deactivated",
    Event.CONNECTION_DELETED: "connection.deleted",
    Event.MEMBERSHIP_CREATED: "organization_membership.created",
    Event.MEMBERSHIP_CHANGED: "organization_membership.updated",
    Event.MEMBERSHIP_DELETED: "organization_membership.deleted",
}
NAMES: Final = frozenset(
    {
        *_OF_USERS.values(),
        *_OF_THINGS.values(),
        "authentication.oauth_succeeded",
        "authentication.sso_succeeded",
        "session.created",
        "session.revoked",
    }
)
"""All that happens here."""
_NAME = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40}){1,5}", re.ASCII)


def is_name(unverified: str) -> bool:
    """Whether it can be the name of an event; of those that never happen here it can be asked, too."""
    return _NAME.fullmatch(unverified) is not None


def names(entry: AuditEntry) -> Sequence[Called]:
    """What this face calls an entry of the trail."""
    if entry.type in _OF_USERS:
        return (Called(name=_OF_USERS[entry.type], once=True),)
    if entry.type in _OF_THINGS and entry.about is not None:
        return (Called(name=_OF_THINGS[entry.type], with_user=False),)
    is_applications = entry.session is not None and entry.session.client_id is not None
    match entry.type:
        case Event.SIGNED_IN:
            kind = "sso" if entry.detail.get("connection") else "oauth"
            renamed = (Called(name="user.updated", once=True),) if entry.detail.get("renamed") else ()
            return (*renamed, Called(name=f"authentication.{kind}_succeeded"))
        case Event.CODE_REDEEMED if is_applications and entry.detail.get("issued"):
            return (Called(name="session.created", with_user=False),)
        case Event.SESSION_ENDED if is_applications:
            return (Called(name="session.revoked", with_user=False),)
    return ()
