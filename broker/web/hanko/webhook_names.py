"""What Hanko's webhooks call our events. A hook is told everything whose name begins with one that it is subscribed to.

Linking has no name there, nor has a sign-in that changes nothing: of it a flow tells `user.login`.
"""

from collections.abc import Mapping, Sequence

from broker.events.catalogue import Event
from broker.models.events import AuditEntry
from broker.models.webhooks import Called
from broker.web.hanko.flow.surface import SURFACE

NAMES = frozenset({
    "user", "user.login", "user.create", "user.update", "user.delete", "user.update.email", "user.update.email.create",
    "user.update.email.primary", "user.update.email.delete", "user.update.username", "user.update.username.create",
    "user.update.username.delete", "user.update.username.update", "user.update.password.update", "email.send",
    "session", "session.create", "session.create.flow", "session.create.admin", "session.delete",
    "session.delete.explicit", "session.delete.explicit.logout", "session.delete.explicit.revoke",
    "session.delete.admin", "session.delete.admin.revoke", "session.delete.passive", "session.delete.passive.expire",
    "session.delete.passive.limit",
})  # fmt: skip
"""All that can be subscribed to; some of it never happens here, where nobody has a password."""

_OF_USERS: Mapping[str, str] = {
    Event.USER_CREATED: "user.create",
    Event.USER_DELETED: "user.delete",
    Event.ADDRESS_ADDED: "user.update.email.create",
    Event.ADDRESS_PROVEN: "user.update",
    Event.USER_CHANGED: "user.update",
    Event.METADATA_CHANGED: "user.update",
    Event.ADDRESS_RELEASED: "user.update.email.delete",
    Event.ADDRESS_DELETED: "user.update.email.delete",
    Event.PRIMARY_CHANGED: "user.update.email.primary",
}
_ENDS: Mapping[str, str] = {
    "logout": "session.delete.explicit.logout",
    "revoked": "session.delete.explicit.revoke",
    "limit": "session.delete.passive.limit",
    "locked": "session.delete.admin.revoke",
    "key_retired": "session.delete.admin.revoke",
}
"""By the reason of the end; for whatever else it is the trunk of that tree."""


def names(entry: AuditEntry) -> Sequence[Called]:
    """What Hanko calls an entry of the trail."""
    return tuple(Called(name=name, with_user=not name.startswith("session.")) for name in _names(entry))


def _names(entry: AuditEntry) -> Sequence[str]:
    if entry.type in _OF_USERS:
        return (_OF_USERS[entry.type],)
    match entry.type:
        case Event.SIGNED_IN if entry.session_id is not None:
            return ("session.create",)
        case Event.CODE_REDEEMED:
            return _redeemed(entry)
        case Event.SESSION_MINTED:
            return ("session.create.admin",)
        case Event.SESSION_ENDED:
            return (_ended(entry),)
    return ()


def _redeemed(entry: AuditEntry) -> Sequence[str]:
    """A flow's sign-in is a login; a session that the callback made was told when it was made."""
    is_flow = entry.detail.get("surface") == SURFACE
    made = ("session.create.flow" if is_flow else "session.create",) if entry.detail.get("issued") else ()
    return ("user.login", *made) if is_flow else made


def _ended(entry: AuditEntry) -> str:
    reason = str(entry.detail.get("reason"))
    if entry.actor == "operator":
        return "session.delete.admin.revoke"
    return _ENDS.get(reason, "session.delete")
