"""Whatever a genuine key signed: the chain answers by name, and nothing in a person's claims makes us stumble."""

from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.errors import IdentityRefused, TokenInvalid
from broker.protocol.claims import Claims
from broker.protocol.id_token import VerifiedClaims
from broker.providers.attributes import attributes
from broker.providers.microsoft.addresses import AddressRules, account_class, candidates
from broker.providers.microsoft.policy import TenantPolicy, check_tenant_policy
from broker.providers.microsoft.token import check_token
from tests.unit.providers.microsoft.test_token import EXPECTED, GOOD, key

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [*GOOD, "upn", "email", "xms_edov", "acct", "idp", "preferred_username", "azp", "at_hash", "TID"]
)
OPTIONAL = st.sampled_from(["upn", "email", "xms_edov", "acct", "idp", "preferred_username", "email_verified", "name"])
ADDRESS = st.text(alphabet="ab@.#EXT_-\u212a\u0130 ", max_size=20)


@given(st.dictionaries(NAMES, ANYTHING, min_size=1, max_size=3))
def test_the_chain_passes_or_refuses_by_name(changes: dict[str, Any]) -> None:
    claims = VerifiedClaims(claims=MappingProxyType(GOOD | changes), key=key(), algorithm="RS256")
    try:
        check_token(claims, EXPECTED)
    except TokenInvalid:
        return
    compared = {name: claims.claims[name] for name in ("iss", "tid", "nonce", "ver")}
    assert compared == {name: GOOD[name] for name in compared}


@given(st.dictionaries(OPTIONAL, ANYTHING | ADDRESS, max_size=6), st.booleans())
def test_no_claim_about_a_person_makes_us_stumble_or_believe(members: dict[str, Any], guests: bool) -> None:
    claims = GOOD | members
    kind = account_class(claims)
    found = candidates(claims, kind=kind, rules=AddressRules())
    assert len({each.address for each in found}) == len(found) <= 2
    for each in found:
        assert not each.proves_mailbox or members.get("xms_edov") not in (None, False, 0, "")
        assert each.verified_by is None or each.address.isascii()
        assert each.verified_by != "upn" or kind == "member"
    try:
        check_tenant_policy(claims, kind=kind, policy=TenantPolicy(guests=guests))
    except IdentityRefused:
        assert not guests


@given(st.dictionaries(OPTIONAL, ANYTHING | ADDRESS, max_size=6))
def test_a_generic_providers_claims_prove_an_address_by_true_alone(members: dict[str, Any]) -> None:
    for each in attributes(Claims(claims=members), mapping={}).candidates:
        assert each.verified_by is None or members["email_verified"] is True
