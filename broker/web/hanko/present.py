"""Our models as the exact JSON of Hanko's clients, as far as no other face shows the same (`web/shapes`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.web import shapes
from broker.web.hanko.user_agents import described


def profile(
    person: UserProfile, sessions: Sequence[Session], *, current_id: str, display_names: Mapping[str, str]
) -> dict[str, Any]:
    """The payload of `profile_init`."""
    return {
        "user": shapes.me(person, display_names),
        "sessions": [_session(each, current_id=current_id) for each in sessions],
    }


def _session(found: Session, *, current_id: str) -> dict[str, Any]:
    content = shapes.session(found, current_id=current_id)
    content["user_agent_raw"] = content["user_agent"]
    if found.user_agent is not None:
        content["user_agent"] = described(found.user_agent)
    return {name: value for name, value in content.items() if value is not None}


def success(
    profile: UserProfile, session: Session, claims: Mapping[str, Any], display_names: Mapping[str, str]
) -> dict[str, Any]:
    """The payload of the state `success`; the SDK needs `claims.expiration`."""
    return {
        "user": shapes.me(profile, display_names),
        "claims": shapes.spelled_out(claims),
        "last_login": {"login_method": "third_party", "third_party_provider": session.provider},
    }
