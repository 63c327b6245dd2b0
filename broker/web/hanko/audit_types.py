"""What Hanko's audit log calls our events: the table, read in both directions. What has no name there keeps ours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from broker.events.catalogue import Event
from broker.models.events import AuditEntry
from broker.store.audit_pages import Kind
from broker.web.hanko.flow.surface import SURFACE


@dataclass(frozen=True, kw_only=True)
class _Row:
    """`says`: a member of the entry's detail that tells this type from others of the same event."""

    event: Event
    type: str
    says: tuple[str, str | bool] | None = None

    def fits(self, entry: AuditEntry) -> bool:
        if entry.type != self.event.value:
            return False
        return self.says is None or entry.detail.get(self.says[0]) == self.says[1]

    @property
    def kind(self) -> Kind:
        if self.says is None:
            return Kind(type=self.event.value)
        name, value = self.says
        return Kind(type=self.event.value, says=f"{json.dumps(name)}: {json.dumps(value)}")


TABLE: tuple[_Row, ...] = (
    _Row(event=Event.SIGNED_IN, type="thirdparty_signup_succeeded", says=("created", True)),
    _Row(event=Event.SIGNED_IN, type="thirdparty_signin_succeeded", says=("created", False)),
    _Row(event=Event.IDENTITY_LINKED, type="thirdparty_linking_succeeded"),
    _Row(event=Event.CODE_REDEEMED, type="login_success", says=("surface", SURFACE)),
    _Row(event=Event.CODE_REDEEMED, type="token_exchange_succeeded", says=("surface", "plain")),
    _Row(event=Event.SESSION_MINTED, type="login_success"),
    _Row(event=Event.SESSION_ENDED, type="user_logged_out", says=("reason", "logout")),
    _Row(event=Event.USER_CREATED, type="user_created"),
    _Row(event=Event.USER_DELETED, type="user_deleted"),
    _Row(event=Event.ADDRESS_ADDED, type="email_created"),
    _Row(event=Event.ADDRESS_PROVEN, type="email_verified"),
    _Row(event=Event.ADDRESS_DELETED, type="email_deleted"),
    _Row(event=Event.ADDRESS_RELEASED, type="email_deleted"),
    _Row(event=Event.PRIMARY_CHANGED, type="primary_email_changed"),
)


def type_of(entry: AuditEntry) -> str:
    """What the admin API calls this entry."""
    return next((row.type for row in TABLE if row.fits(entry)), entry.type)


def kinds_of(types: Sequence[str]) -> list[Kind]:
    """Which of our entries go by these names; for a name that is nobody's, none."""
    ours = {event.value for event in Event}
    found = [row.kind for row in TABLE if row.type in types]
    return found + [Kind(type=each) for each in types if each in ours]
