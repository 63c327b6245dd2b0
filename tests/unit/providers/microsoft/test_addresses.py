from typing import Any

import pytest

from broker.models.identities import AccountClass
from broker.providers.microsoft.addresses import (
    AddressRules,
    account_class,
    candidates,
    domain_owner_verified,
    trusted_domains,
)
from broker.providers.microsoft.clouds import MSA_TENANT

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
ISSUER = f"https://login.microsoftonline.com/{ALDER}/v2.0"
KELVIN = "\u212a"


def claims(**members: Any) -> dict[str, Any]:
    return {"tid": ALDER, "iss": ISSUER} | members


def found(
    given: dict[str, Any], *, rules: AddressRules | None = None, kind: AccountClass | None = None
) -> list[tuple[str, str | None]]:
    listed = candidates(given, kind=kind or account_class(given), rules=rules or AddressRules())
    return [(candidate.address, candidate.verified_by) for candidate in listed]


@pytest.mark.parametrize("value", [True, 1, "1", "true", "True", "TRUE"])
def test_a_plainly_positive_edov_is_positive(value: object) -> None:
    assert domain_owner_verified(value)


@pytest.mark.parametrize(
    "value",
    [
        None, False, 0, 2, -1, 1.0, 1.5, "0", "false", "", " 1", "1 ", "true\n", "yes", "on", "\uff11", "tru\u0435",
        [], [True], {}, {"true": True}, "1.0", "01",
    ],
)  # fmt: skip
def test_everything_else_is_negative_and_never_raises(value: object) -> None:
    assert not domain_owner_verified(value)


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"acct": 0}, "member"),
        ({"acct": "0"}, "member"),
        ({"acct": 1}, "guest"),
        ({"acct": "1"}, "guest"),
        ({"acct": True}, "unknown"),
        ({"acct": 2}, "unknown"),
        ({"acct": [0]}, "unknown"),
        ({"acct": 0, "idp": "https://sts.windows.net/other/"}, "member"),
        ({"idp": ISSUER}, "member"),
        ({"idp": f"https://sts.windows.net/{ALDER}/"}, "member"),
        ({"idp": f"https://sts.windows.net/{BIRCH}/"}, "guest"),
        ({"idp": "live.com"}, "guest"),
        ({"idp": 7}, "guest"),
        ({"upn": "alice@alder.example"}, "member"),
        ({"upn": "frank_birch.example#EXT#@alder.onmicrosoft.com"}, "guest"),
        ({"upn": "frank_birch.example_EXT_@alder.onmicrosoft.com"}, "guest"),
        ({"upn": "frank_birch.example#ext#@alder.onmicrosoft.com"}, "guest"),
        ({"upn": "alice@alder.example", "idp": "google.com"}, "guest"),
        ({"preferred_username": "x#EXT#@alder.onmicrosoft.com"}, "guest"),
        ({}, "unknown"),
        ({"tid": MSA_TENANT, "acct": 0}, "personal"),
    ],
)
def test_the_class_of_an_account_comes_from_acct_then_from_what_gives_a_guest_away(
    members: dict[str, Any], kind: str
) -> None:
    assert account_class(claims(**members)) == kind


def test_a_member_is_known_by_upn_and_a_proven_email_of_the_same_spelling_proves_it() -> None:
    given = claims(upn="Alice@Alder.Example", email="alice@alder.example", xms_edov=True)
    assert found(given) == [("alice@alder.example", "xms_edov")]


def test_a_proven_email_beside_another_upn_comes_second() -> None:
    given = claims(upn="bob@alder.example", email="robert@alder.example", xms_edov="1")
    assert found(given) == [("bob@alder.example", "upn"), ("robert@alder.example", "xms_edov")]


def test_an_unproven_email_is_only_ever_unproven() -> None:
    given = claims(upn="bob@alder.example", email="bob@elsewhere.example", xms_edov=False)
    assert found(given) == [("bob@alder.example", "upn"), ("bob@elsewhere.example", None)]


def test_a_strangers_address_in_email_proves_nothing_where_edov_is_absent() -> None:
    given = claims(tid=BIRCH, upn="mallory@birch.example", email="alice@alder.example")
    assert found(given) == [("mallory@birch.example", "upn"), ("alice@alder.example", None)]


def test_edov_never_speaks_for_upn() -> None:
    assert found(claims(upn="alice@alder.example", xms_edov=True)) == [("alice@alder.example", "upn")]


@pytest.mark.parametrize(
    "members",
    [
        {"upn": "frank_birch.example#EXT#@alder.onmicrosoft.com", "acct": 1},
        {"upn": "frank_birch.example#EXT#@alder.onmicrosoft.com", "acct": 0},
        {"upn": "frank_birch.example_EXT_@alder.onmicrosoft.com"},
        {"upn": "alice@alder.example", "acct": 1},
        {"upn": "alice@alder.example", "idp": "live.com"},
        {"upn": "alice@alder.example", "acct": 7},
        {"upn": "alice"},
        {"upn": ["alice@alder.example"]},
        {"upn": "alice@alder.example", "tid": MSA_TENANT},
    ],
)
def test_the_upn_of_anyone_but_a_member_names_nobody(members: dict[str, Any]) -> None:
    assert found(claims(**members)) == []


def test_letters_that_fold_onto_ascii_are_never_verified() -> None:
    given = claims(upn="oleg@alder.example", email=f"{KELVIN}elvin@alder.example", xms_edov=True)
    assert found(given) == [("oleg@alder.example", "upn"), (f"{KELVIN}elvin@alder.example", None)]
    assert found(claims(upn=f"{KELVIN}elvin@alder.example")) == [(f"{KELVIN}elvin@alder.example", None)]


def test_sources_are_asked_in_the_configured_order_and_no_others() -> None:
    given = claims(upn="bob@alder.example", email="robert@alder.example", xms_edov=True)
    assert found(given, rules=AddressRules(sources=("email", "upn")))[0] == ("robert@alder.example", "xms_edov")
    assert found(given, rules=AddressRules(sources=("email",))) == [("robert@alder.example", "xms_edov")]
    assert found(given, rules=AddressRules(sources=("upn",))) == [("bob@alder.example", "upn")]


def test_the_stronger_proof_of_one_address_wins_whatever_the_order() -> None:
    given = claims(upn="alice@alder.example", email="alice@alder.example", xms_edov=True)
    assert found(given, rules=AddressRules(sources=("email", "upn"))) == [("alice@alder.example", "xms_edov")]
    unproven = claims(upn="alice@alder.example", email="alice@alder.example")
    assert found(unproven, rules=AddressRules(sources=("email", "upn"))) == [("alice@alder.example", "upn")]


TRUSTING = AddressRules(trusted_domains=trusted_domains([(ALDER.upper(), ["Alder.example"])]))


def test_a_trusted_tenant_vouches_for_its_members_in_its_domains() -> None:
    assert found(claims(acct=0, email="carol@alder.example"), rules=TRUSTING) == [
        ("carol@alder.example", "trusted_tenant")
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"acct": 1, "email": "carol@alder.example"},
        {"email": "carol@alder.example"},
        {"acct": 0, "email": "carol@elsewhere.example"},
        {"acct": 0, "email": "carol@sub.alder.example"},
        {"acct": 0, "email": "carol@alder.example", "tid": BIRCH},
        {"acct": 0, "email": f"{KELVIN}arol@alder.example"},
    ],
)
def test_a_trusted_tenant_vouches_for_nobody_else(members: dict[str, Any]) -> None:
    assert [proof for _, proof in found(claims(**members), rules=TRUSTING)] == [None]


def test_a_tenant_listed_twice_is_trusted_for_both_lists() -> None:
    assert trusted_domains([(ALDER, ["a.example"]), (ALDER, ["b.example"])]) == {
        ALDER: frozenset({"a.example", "b.example"})
    }


def test_a_personal_address_is_believed_only_where_the_operator_says_so() -> None:
    given = claims(tid=MSA_TENANT, email="dave@outlook.example")
    assert found(given) == [("dave@outlook.example", None)]
    assert found(given, rules=AddressRules(trust_personal=True)) == [("dave@outlook.example", "trust_personal")]
    assert found(given | {"xms_edov": "1"}) == [("dave@outlook.example", "xms_edov")]


def test_trusting_personal_accounts_says_nothing_of_work_accounts() -> None:
    rules = AddressRules(trust_personal=True)
    assert found(claims(acct=0, email="carol@alder.example"), rules=rules) == [("carol@alder.example", None)]
