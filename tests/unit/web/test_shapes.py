"""Our models as the exact JSON of the plain surface."""

from dataclasses import replace
from typing import Any

import pytest

from broker.models.identities import Identity
from broker.models.sessions import Session
from broker.models.users import Email, UserProfile
from broker.sessions.lifecycle import Limits, LiveSession
from broker.sessions.token import SessionClaims
from broker.web import shapes
from tests.store.rows import a_session, a_user, an_email, an_identity

NAMES = {"microsoft": "Microsoft"}
AT = 1_790_000_000
SPELLED = "2026-09-21T14:13:20Z"


def a_profile(emails: tuple[Email, ...] = (), identities: tuple[Identity, ...] = (), **user: Any) -> UserProfile:
    return UserProfile(user=a_user(**user), emails=emails, identities=identities)


def alive(session: Session, **claims: Any) -> LiveSession:
    stated = {
        "aud": ["localhost"],
        "exp": session.expires_at,
        "iat": session.created_at,
        "iss": "http://localhost:8000",
        "session_id": session.id,
        "sub": session.user_id,
        **claims,
    }
    read = SessionClaims(
        user_id=session.user_id,
        session_id=session.id,
        issued_at=session.created_at,
        expires_at=session.expires_at,
        claims=stated,
    )
    return LiveSession(session=session, claims=read, token="t")


def limits(idle_timeout: int | None = None) -> Limits:
    return Limits(lifespan=43_200, idle_timeout=idle_timeout, most_per_user=5)


@pytest.mark.parametrize(("seconds", "text"), [(0, "1970-01-01T00:00:00Z"), (AT, SPELLED)])
def test_time_is_written_in_utc_to_the_second(seconds: int, text: str) -> None:
    assert shapes.time(seconds) == text


def test_address_names_the_identities_that_stand_behind_it() -> None:
    user = a_user()
    ours = an_identity(user.id)
    other = an_identity(user.id, "global:birch:alice", provider="custom_one", subject="s2", address=None)
    emails = (an_email(user.id), an_email(user.id, "second@alder.example", is_primary=False, is_verified=False))
    body = shapes.me(UserProfile(user=user, emails=emails, identities=(ours, other)), NAMES)
    shown = {"id": "pairwise-subject", "provider": "Microsoft", "identity_id": ours.id}
    assert body["identities"] == [shown, {"id": "s2", "provider": "custom_one", "identity_id": other.id}]
    assert body["emails"][0]["identity"] == shown
    assert body["emails"][0]["identities"] == [shown]
    assert set(body["emails"][1]) == {"id", "address", "is_verified", "is_primary"}


def test_person_of_whom_nothing_is_known_has_id_and_times_only() -> None:
    body = shapes.me(a_profile(name=None, given_name=None, family_name=None), NAMES)
    assert set(body) == {"id", "user_id", "mfa_config", "created_at", "updated_at"}
    assert body["created_at"] == SPELLED


def test_subject_key_and_tenant_of_an_identity_stay_inside() -> None:
    user = a_user()
    body = str(shapes.me(UserProfile(user=user, emails=(), identities=(an_identity(user.id),)), NAMES))
    assert "global:alder" not in body
    assert "'alder'" not in body


def test_no_session_is_not_valid_and_nothing_more() -> None:
    assert shapes.validation(None, limits()) == {"is_valid": False}


def test_claims_are_spelled_out_and_others_keep_their_names() -> None:
    session = a_session("u")
    body = shapes.validation(alive(session, email={"address": "a@b.example"}, plan="gold"), limits())
    assert body["claims"] == {
        "audience": ["localhost"],
        "expiration": shapes.time(session.expires_at),
        "issued_at": SPELLED,
        "issuer": "http://localhost:8000",
        "session_id": session.id,
        "subject": "u",
        "email": {"address": "a@b.example"},
        "plan": "gold",
    }
    assert (body["user_id"], body["expiration_time"]) == ("u", shapes.time(session.expires_at))
    assert "idle_expires_at" not in body


@pytest.mark.parametrize(("idle_timeout", "ends"), [(1800, AT + 1800), (90_000, AT + 43_200)])
def test_idle_end_is_capped_by_the_absolute_one(idle_timeout: int, ends: int) -> None:
    body = shapes.validation(alive(a_session("u")), limits(idle_timeout))
    assert body["idle_expires_at"] == shapes.time(ends)


def test_session_in_use_is_marked_among_the_own_ones() -> None:
    session = replace(a_session("u"), user_agent=None, ip_address=None)
    body = shapes.session(session, current_id=session.id)
    assert body == {
        "id": session.id,
        "created_at": SPELLED,
        "last_used": SPELLED,
        "expires_at": shapes.time(AT + 43_200),
        "user_agent": None,
        "ip_address": None,
        "current": True,
    }
    assert shapes.session(session, current_id="another")["current"] is False
