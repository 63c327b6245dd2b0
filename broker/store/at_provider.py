"""What a provider said of its own session, as it rests in two tables: its id in a column that is looked for, the rest
as JSON beside it.
"""

import json

from broker.models.sessions import AtProvider
from broker.store.base import Row


def at_provider_text(known: AtProvider) -> str | None:
    """The column `at_provider`; the session's id has one of its own."""
    if known.logout_hint is None and not known.claims:
        return None
    return json.dumps({"logout_hint": known.logout_hint, "claims": dict(known.claims)}, separators=(",", ":"))


def at_provider_of(row: Row) -> AtProvider:
    """Both columns of a row."""
    rest = json.loads(row["at_provider"]) if row["at_provider"] is not None else {}
    return AtProvider(
        session_id=row["provider_session_id"], logout_hint=rest.get("logout_hint"), claims=rest.get("claims", {})
    )
