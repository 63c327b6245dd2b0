"""What applications are told of sessions: of those that they were given, and of nobody else's."""

from typing import Any

import pytest

from broker.events.catalogue import Event
from broker.models.events import AuditEntry
from broker.web.workos.webhook_names import names
from tests.store.rows import NOW, a_session, an_id


def told(event: Event, *, client_id: str | None, **detail: Any) -> list[str]:
    session = a_session(an_id(), client_id=client_id)
    entry = AuditEntry(id=an_id(), type=event, created_at=NOW, session=session, detail=detail)
    return [each.name for each in names(entry)]


@pytest.mark.parametrize(
    ("event", "detail", "name"),
    [
        (Event.CODE_REDEEMED, {"issued": True}, "session.created"),
        (Event.SESSION_ENDED, {"reason": "logout"}, "session.revoked"),
    ],
)
def test_sessions_of_our_own_pages_are_told_nobody(event: Event, detail: dict[str, Any], name: str) -> None:
    assert told(event, client_id="client_demo", **detail) == [name]
    assert told(event, client_id=None, **detail) == []


def test_code_that_gave_word_of_who_is_there_began_no_session() -> None:
    assert told(Event.CODE_REDEEMED, client_id="client_demo", issued=False) == []
