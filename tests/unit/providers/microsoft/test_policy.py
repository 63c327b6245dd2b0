from typing import Any

import pytest

from broker.errors import IdentityRefused
from broker.providers.microsoft.addresses import account_class
from broker.providers.microsoft.clouds import MSA_TENANT
from broker.providers.microsoft.policy import TenantPolicy, check_tenant_policy

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"


def check(policy: TenantPolicy, **members: Any) -> str | None:
    tid = members.get("tid", ALDER)
    claims = {"tid": tid, "iss": f"https://login.microsoftonline.com/{tid}/v2.0"} | members
    try:
        check_tenant_policy(claims, kind=account_class(claims), policy=policy)
    except IdentityRefused as refused:
        return refused.code
    return None


def test_without_lists_every_directory_and_personal_accounts_come_in() -> None:
    assert check(TenantPolicy()) is None
    assert check(TenantPolicy(), tid=MSA_TENANT) is None


def test_allow_is_exhaustive() -> None:
    policy = TenantPolicy(allow=frozenset({ALDER}))
    assert check(policy) is None
    assert check(policy, tid=BIRCH) == "tenant_not_allowed"
    assert check(policy, tid=MSA_TENANT) == "wrong_account_type"


def test_personal_accounts_may_be_admitted_beside_a_list() -> None:
    policy = TenantPolicy(allow=frozenset({ALDER}), personal=True)
    assert check(policy, tid=MSA_TENANT) is None
    assert check(policy, tid=BIRCH) == "tenant_not_allowed"


def test_personal_accounts_may_be_kept_out() -> None:
    assert check(TenantPolicy(personal=False), tid=MSA_TENANT) == "wrong_account_type"
    assert check(TenantPolicy(personal=False)) is None


def test_deny_wins_over_everything() -> None:
    both = TenantPolicy(allow=frozenset({ALDER}), deny=frozenset({ALDER}))
    assert check(both) == "tenant_not_allowed"
    assert check(TenantPolicy(deny=frozenset({MSA_TENANT}), personal=True), tid=MSA_TENANT) == "tenant_not_allowed"


NO_GUESTS = TenantPolicy(guests=False)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"acct": 0}, None),
        ({"acct": 1}, "wrong_account_type"),
        ({"acct": "1"}, "wrong_account_type"),
        ({"acct": 2}, "wrong_account_type"),
        ({"idp": f"https://sts.windows.net/{BIRCH}/"}, "wrong_account_type"),
        ({"idp": f"https://sts.windows.net/{ALDER}/"}, None),
        ({}, "provider_misconfigured"),
        ({"upn": "alice@alder.example"}, "provider_misconfigured"),
        ({"upn": "f_birch.example#EXT#@alder.example"}, "wrong_account_type"),
        ({"tid": MSA_TENANT}, None),
    ],
)
def test_guests_are_kept_out_and_nobody_guesses(members: dict[str, Any], code: str | None) -> None:
    assert check(NO_GUESTS, **members) == code


def test_guests_come_in_by_default() -> None:
    assert check(TenantPolicy(allow=frozenset({ALDER})), acct=1) is None


def test_an_address_in_an_allowed_domain_lets_nobody_in() -> None:
    policy = TenantPolicy(allow=frozenset({ALDER}))
    assert check(policy, tid=BIRCH, upn="x@alder.example", email="x@alder.example", xms_edov=True)
