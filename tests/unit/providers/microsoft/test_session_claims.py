"""Claims on their way into a session: of the right type or not there, and unknown is never none."""

from types import MappingProxyType
from typing import Any

import pytest
from pydantic import TypeAdapter

from broker.config.sections.microsoft import MicrosoftSection
from broker.protocol.id_token import VerifiedClaims
from broker.providers.microsoft.clouds import MSA_TENANT
from broker.providers.microsoft.groups import Membership, in_token
from broker.providers.microsoft.session_claims import missing_claims, session_claims
from tests.unit.providers.microsoft.test_token import key

_SECTION = TypeAdapter(MicrosoftSection)
ALL = ["tid", "oid", "sid", "auth_time", "amr", "acrs", "roles", "groups"]
GOOD = {"tid": "t", "oid": "o", "sid": "s", "auth_time": 5, "amr": ["pwd", "mfa"], "acrs": ["c1"], "roles": ["admin"]}


def section(**members: Any) -> MicrosoftSection:
    return _SECTION.validate_python(members)


def told(claims: dict[str, Any], membership: Membership | None = None, names: list[str] = ALL) -> dict[str, Any]:
    verified = VerifiedClaims(claims=MappingProxyType(claims), key=key(), algorithm="RS256")
    return session_claims(verified, section(session_claims=names, groups="token"), membership=membership)


def test_only_what_is_configured_goes_along() -> None:
    assert told(GOOD) == GOOD
    assert told(GOOD, names=["roles"]) == {"roles": ["admin"]}
    assert told(GOOD, names=[]) == {}
    assert told(GOOD, Membership(groups=("g",)), names=["groups"]) == {"groups": ["g"]}
    assert told(GOOD, Membership(groups=()), names=["groups"]) == {"groups": []}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"sid": 5, "auth_time": "5", "tid": None, "amr": {}, "acrs": 1}, {}),
        ({"sid": "s" * 129, "auth_time": True, "amr": ["m" * 129, 5, "mfa"]}, {"amr": ["mfa"]}),
        ({"sid": "a\nb", "auth_time": -1, "amr": []}, {}),
        ({"amr": ["m"] * 99}, {"amr": ["m"] * 16}),
        ({"roles": "admin"}, {"roles_overage": True}),
        ({"roles": ["admin", 5]}, {"roles_overage": True}),
        ({"roles": ["r"] * 1001}, {"roles_overage": True}),
        ({"roles": ["a\u202eb"]}, {"roles_overage": True}),
        ({"roles": []}, {"roles": []}),
    ],
)
def test_what_is_of_another_type_is_not_there_or_not_known(claims: dict[str, Any], expected: dict[str, Any]) -> None:
    assert told(claims) == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, "nothing"),
        ({"groups": ["a", "b", "a"]}, ("a", "b")),
        ({"groups": []}, ()),
        ({"hasgroups": False}, "nothing"),
        ({"_claim_names": {"other": "src1"}}, "nothing"),
        ({"hasgroups": True}, None),
        ({"hasgroups": "true", "groups": ["a"]}, None),
        ({"_claim_names": {"groups": "src1"}, "groups": ["a"]}, None),
        ({"_claim_names": "groups"}, None),
        ({"_claim_names": None}, None),
        ({"groups": "a"}, None),
        ({"groups": None}, None),
        ({"groups": ["a", 5]}, None),
        ({"groups": ["a\nb"]}, None),
        ({"groups": ["x"] * 1001}, None),
    ],
)
def test_the_groups_of_a_token_are_these_or_unknown_or_not_spoken_of(claims: dict[str, Any], expected: object) -> None:
    found = in_token(claims)
    assert ("nothing" if found is None else found.groups) == expected


WHOLE = {"upn": "a@b.example", "email": "a@b.example", "xms_edov": True, "sid": "s", "acct": 0, "login_hint": "l"}


@pytest.mark.parametrize(
    ("members", "lacking", "kind", "expected"),
    [
        ({}, (), "member", ()),
        ({}, ("acct", "login_hint"), "member", ()),
        ({}, ("upn", "xms_edov", "sid"), "unknown", ("upn", "xms_edov", "sid")),
        ({}, ("email", "xms_edov"), "member", ("email",)),
        ({}, ("upn", "sid", "acct"), "personal", ()),
        ({}, ("upn",), "guest", ()),
        ({"tenants": {"guests": False}}, ("acct",), "unknown", ("acct",)),
        ({"logout": {"rp_initiated": True, "frontchannel": False}}, ("login_hint", "sid"), "member", ("login_hint",)),
        ({"session_claims": ["auth_time", "acrs", "roles"]}, (), "member", ("auth_time", "acrs")),
        ({"session_claims": ["groups"], "groups": "token"}, (), "member", ("groups",)),
        ({"session_claims": ["groups"], "groups": "token"}, (), "personal", ()),
        ({"session_claims": ["groups"], "groups": "graph"}, (), "member", ()),
        ({"email": {"sources": ["upn"]}}, ("email", "xms_edov"), "member", ()),
    ],
)
def test_optional_claims_are_missed_where_configuration_needs_them(
    members: dict[str, Any], lacking: tuple[str, ...], kind: Any, expected: tuple[str, ...]
) -> None:
    claims = {name: value for name, value in WHOLE.items() if name not in lacking}
    claims["tid"] = MSA_TENANT if kind == "personal" else "t"
    assert missing_claims(claims, section(**members), kind=kind) == expected


def test_groups_that_are_too_many_are_not_missed() -> None:
    members = {"session_claims": ["groups"], "groups": "token"}
    assert missing_claims(WHOLE | {"hasgroups": True}, section(**members), kind="member") == ()
