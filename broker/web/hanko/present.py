"""Our models as the exact JSON of Hanko's clients, as far as no other face shows the same (`web/shapes`)."""

from collections.abc import Mapping
from typing import Any

from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.web import shapes


def success(
    profile: UserProfile, session: Session, claims: Mapping[str, Any], display_names: Mapping[str, str]
) -> dict[str, Any]:
    """The payload of the state `success`; the SDK needs `claims.expiration`."""
    return {
        "user": shapes.me(profile, display_names),
        "claims": shapes.spelled_out(claims),
        "last_login": {"login_method": "third_party", "third_party_provider": session.provider},
    }
