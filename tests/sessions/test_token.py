"""What a token must say to pass as a session, each claim by itself."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from broker.crypto import SecretKeys
from broker.errors import NotAuthenticated
from broker.models.users import UserProfile
from broker.protocol import jwt
from broker.sessions.keyring import SEAL_PURPOSE, place
from broker.sessions.token import MOST_BYTES, TokenRules, claims_of, read
from broker.store import users
from tests.sessions.stage import RULES, SECRET, Stage, a_member, a_stage
from tests.store.rows import NOW, a_session, an_email

GOOD: dict[str, Any] = {
    "iss": RULES.issuer,
    "aud": ["localhost"],
    "iat": NOW,
    "exp": NOW + 60,
    "sub": "user",
    "session_id": "session",
}
ABSENT = object()


def test_a_good_token_says_who_and_which_session_and_until_when() -> None:
    found = read(GOOD, RULES, now=NOW + 59)
    assert (found.user_id, found.session_id, found.issued_at, found.expires_at) == ("user", "session", NOW, NOW + 60)
    assert found.claims == GOOD


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", ABSENT),
        ("iss", "http://localhost:8000/"),
        ("iss", "https://another.example"),
        ("iss", [RULES.issuer]),
        ("aud", ABSENT),
        ("aud", []),
        ("aud", "another.example"),
        ("aud", ["another.example"]),
        ("aud", ["localhost", "another.example"]),
        ("aud", ["localhost", 1]),
        ("aud", {"localhost": True}),
        ("exp", ABSENT),
        ("exp", NOW),
        ("exp", str(NOW + 60)),
        ("exp", NOW + 60.5),
        ("exp", True),
        ("exp", -1),
        ("iat", ABSENT),
        ("iat", "now"),
        ("sub", ABSENT),
        ("sub", ""),
        ("sub", 7),
        ("session_id", ABSENT),
        ("session_id", ""),
        ("session_id", ["session"]),
    ],
)
def test_a_token_that_says_anything_else_is_none(claim: str, value: object) -> None:
    claims = {name: found for name, found in {**GOOD, claim: value}.items() if found is not ABSENT}
    with pytest.raises(NotAuthenticated):
        read(claims, RULES, now=NOW)


def test_one_audience_of_several_is_enough_and_may_be_a_string() -> None:
    rules = TokenRules(issuer=RULES.issuer, audience=("localhost", "api.example"))
    for audience in ("api.example", ["api.example"], ["api.example", "localhost"]):
        assert read({**GOOD, "aud": audience}, rules, now=NOW).session_id == "session"


async def test_the_primary_address_and_its_proof_stand_in_the_token(stage: Stage, alice: UserProfile) -> None:
    second = an_email(alice.user.id, "b@alder.example", is_primary=False)
    first = an_email(alice.user.id, verified_by="upn", is_verified=False)
    async with stage.store.transaction() as c:
        for email in (second, first):
            await users.insert_email(c, email)
        profile = await users.profile(c, alice.user.id)
    assert profile is not None
    claims = claims_of(a_session(alice.user.id), profile, RULES)
    assert claims["email"] == {"address": "alice@alder.example", "is_primary": True, "is_verified": False}


@pytest.mark.parametrize("typ", ["at+jwt", "webhook", "", "jwt"])
async def test_other_kinds_of_token_under_our_key_are_no_session(stage: Stage, alice: UserProfile, typ: str) -> None:
    session, _ = await stage.issued(alice)
    row = next(row for row in await stage.rotation.list() if row.state == "current")
    pem = SecretKeys([SECRET]).open(row.sealed_private, purpose=SEAL_PURPOSE, place=place(row.kid))
    private = load_pem_private_key(pem, password=None)
    assert isinstance(private, jwt.PrivateKey)
    claims = claims_of(session, alice, RULES)
    token = jwt.sign(claims, private_key=private, kid=row.kid, algorithm="ES256", typ=typ)
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)
    await stage.sessions.check(jwt.sign(claims, private_key=private, kid=row.kid, algorithm="ES256"))


async def test_an_overlong_token_is_not_looked_at(stage: Stage) -> None:
    with pytest.raises(NotAuthenticated, match="too long"):
        await stage.sessions.check("A" * (MOST_BYTES + 1))


async def test_a_token_of_another_deployment_is_refused(stage: Stage, alice: UserProfile) -> None:
    session, _ = await stage.issued(alice)
    for rules in (replace(RULES, issuer="https://another.example"), replace(RULES, audience=("another.example",))):
        other = await a_stage(stage.store, rules=rules)
        with pytest.raises(NotAuthenticated):
            await stage.sessions.check(other.sessions.token_for(session, alice))
    bob = await a_member(stage.store, "bob")
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(stage.sessions.token_for(session, bob))
