"""Who an identity is here, case by case: each row of the rules on addresses and linking, with its answer."""

from dataclasses import replace

import pytest

from broker.accounts.linking import (
    CASES,
    MOST_ADDRESSES,
    AddressChange,
    CreateUser,
    Decision,
    Known,
    LinkIdentity,
    Question,
    Refuse,
    SignInUser,
    addresses_in_question,
    decide,
)
from broker.errors import TokenInvalid
from broker.models.identities import AddressCandidate, ProviderIdentity
from broker.providers.base import AccountPolicy
from broker.store.users import AddressHolder
from tests.accounts.people import (
    ADDRESS,
    OTHER,
    PROOFS,
    a_person,
    an_emulated,
    believed,
    by_upn,
    held_by_another,
    known_as,
    own_email,
    proven,
    record_of,
    unproven,
)

LINKING = AccountPolicy(linking="verified_both")
NEVER = AccountPolicy()


def asked(
    identity: ProviderIdentity, known: Known | None = None, policy: AccountPolicy = NEVER, *, allow_signup: bool = True
) -> Decision:
    return decide(
        Question(identity=identity, known=known or Known(), policy=policy, allow_signup=allow_signup),
    )


def added(*candidates: AddressCandidate) -> CreateUser:
    """A new user with these addresses, all of which were free."""
    return CreateUser(additions=tuple(AddressChange(candidate=candidate, kind="add") for candidate in candidates))


def refusal_of(decision: Decision) -> str:
    """The code of the refusal."""
    assert isinstance(decision, Refuse), decision
    return decision.error.code


@pytest.mark.parametrize("by", PROOFS)
def test_a_new_person_with_a_proven_address_gets_an_account_of_that_name(by: str) -> None:
    assert asked(a_person("alice", proven(by=by))) == added(proven(by=by))


def test_a_sign_in_name_may_name_a_new_account() -> None:
    assert asked(a_person("alice", by_upn())) == added(by_upn())


def test_a_verified_address_beside_the_sign_in_name_is_kept_as_the_second() -> None:
    assert asked(a_person("alice", by_upn(), proven(OTHER))) == added(by_upn(), proven(OTHER))


def test_an_unproven_address_beside_an_acceptable_one_is_not_kept() -> None:
    assert asked(a_person("bob", by_upn("bob@alder.example"), unproven("bob@elsewhere.example"))) == added(
        by_upn("bob@alder.example")
    )


def test_an_address_that_comes_twice_counts_once_with_the_better_proof() -> None:
    assert asked(a_person("alice", by_upn(), proven())) == added(proven())
    assert asked(a_person("alice", unproven(), by_upn(OTHER), by_upn())) == added(by_upn(), by_upn(OTHER))


@pytest.mark.parametrize(
    ("candidates", "on_unverified", "outcome"),
    [
        ((unproven(),), "refuse", "unverified_email"),
        ((), "refuse", "unverified_email"),
        ((unproven(),), "create_without_email", CreateUser()),
        ((), "create_without_email", CreateUser()),
        ((unproven(), unproven(OTHER)), "create_unverified", added(unproven())),
        ((), "create_unverified", CreateUser()),
    ],
)
def test_what_happens_without_an_acceptable_address_is_the_operators_choice(
    candidates: tuple[AddressCandidate, ...], on_unverified: str, outcome: str | CreateUser
) -> None:
    policy = AccountPolicy(on_unverified=on_unverified)  # type: ignore[arg-type] # a Literal, spelled in the table
    decision = asked(a_person("alice", *candidates), policy=policy)
    assert (refusal_of(decision) if isinstance(outcome, str) else decision) == outcome


def test_what_may_be_done_with_unproven_addresses_never_concerns_an_acceptable_one() -> None:
    held = Known(holders=(held_by_another(),))
    for on_unverified in ("create_without_email", "create_unverified"):
        policy = AccountPolicy(on_unverified=on_unverified)
        assert refusal_of(asked(a_person("mallory", proven()), held, policy)) == "user_conflict"


def test_without_sign_up_nobody_new_comes_in_and_the_known_do() -> None:
    person = a_person("alice", proven())
    assert refusal_of(asked(person, allow_signup=False)) == "signup_disabled"
    unnamed = AccountPolicy(on_unverified="create_without_email")
    assert refusal_of(asked(a_person(), policy=unnamed, allow_signup=False)) == "signup_disabled"
    assert isinstance(asked(person, known_as(person, own_email()), allow_signup=False), SignInUser)


def test_without_sign_up_a_proven_address_still_links() -> None:
    held = Known(holders=(held_by_another(),))
    assert isinstance(asked(a_person("alice", proven()), held, LINKING, allow_signup=False), LinkIdentity)


@pytest.mark.parametrize(
    ("candidate", "holder", "outcome"),
    [
        (proven(), held_by_another(by="xms_edov"), "user_conflict"),
        (proven(), held_by_another(by="upn"), "takes it"),
        (by_upn(), held_by_another(by="upn"), "user_conflict"),
        (by_upn(), held_by_another(by="xms_edov"), "user_conflict"),
        (unproven(), held_by_another(by="xms_edov"), "unverified_email"),
        (unproven(), held_by_another(by="upn"), "unverified_email"),
        (proven(), held_by_another(by="xms_edov", emulated=True), "takes it"),
        (by_upn(), held_by_another(by="xms_edov", emulated=True), "takes it"),
        (by_upn(), held_by_another(by="upn", emulated=True), "takes it"),
        (proven(), held_by_another(by="trust_personal"), "takes it"),
        (by_upn(), held_by_another(by="trust_personal"), "takes it"),
        (believed(), held_by_another(by="trust_personal"), "user_conflict"),
        (believed(), held_by_another(by="upn"), "user_conflict"),
        (believed(), held_by_another(by="xms_edov"), "user_conflict"),
        (believed(), held_by_another(by="xms_edov", emulated=True), "takes it"),
    ],
)
def test_an_address_of_another_user_is_taken_only_from_who_has_less_to_show(
    candidate: AddressCandidate, holder: AddressHolder, outcome: str
) -> None:
    decision = asked(a_person("carol", candidate), Known(holders=(holder,)))
    if outcome == "takes it":
        assert decision == CreateUser(additions=(AddressChange(candidate=candidate, kind="add", release=holder),))
    else:
        assert refusal_of(decision) == outcome


def test_an_emulator_takes_nothing_that_a_real_person_proved_and_its_people_keep_their_own_order() -> None:
    real = Known(holders=(held_by_another(),))
    assert refusal_of(asked(an_emulated("alice", proven()), real)) == "user_conflict"
    named = Known(holders=(held_by_another(by="upn"),))
    assert refusal_of(asked(an_emulated("alice", proven()), named)) == "user_conflict"
    emulated = held_by_another(emulated=True)
    assert refusal_of(asked(an_emulated("mallory", proven()), Known(holders=(emulated,)))) == "user_conflict"


def test_an_address_that_another_user_has_is_passed_over_for_the_next() -> None:
    known = Known(holders=(held_by_another(ADDRESS, by="upn"),))
    assert asked(a_person("carol", by_upn(), proven(OTHER)), known) == added(proven(OTHER))
    assert asked(a_person("carol", by_upn(), proven(OTHER)), known, LINKING) == added(proven(OTHER))


@pytest.mark.parametrize("by", PROOFS)
def test_two_proofs_of_one_mailbox_link_where_the_operator_asked_for_it(by: str) -> None:
    held = Known(holders=(held_by_another(by=by),))
    assert asked(a_person("alice", proven()), held, LINKING) == LinkIdentity(user_id="another", address=ADDRESS)
    assert refusal_of(asked(a_person("alice", proven()), held, NEVER)) == "user_conflict"


@pytest.mark.parametrize(
    ("candidate", "holder"),
    [
        (by_upn(), held_by_another(by="xms_edov")),
        (by_upn(), held_by_another(by="upn")),
        (believed(), held_by_another(by="xms_edov")),
        (believed(), held_by_another(by="trust_personal")),
    ],
)
def test_what_proves_no_mailbox_never_links(candidate: AddressCandidate, holder: AddressHolder) -> None:
    assert refusal_of(asked(a_person("alice", candidate), Known(holders=(holder,)), LINKING)) == "user_conflict"


def test_the_second_address_links_when_the_first_proves_no_mailbox() -> None:
    holders = (held_by_another(ADDRESS), held_by_another(OTHER))
    decision = asked(a_person("alice", by_upn(), proven(OTHER)), Known(holders=holders), LINKING)
    assert decision == LinkIdentity(user_id="another", address=OTHER)


def test_an_emulators_word_links_its_own_people_and_never_a_real_one() -> None:
    """Otherwise a staging copy of a real database would let anybody be anybody."""
    person = an_emulated("alice", proven())
    assert refusal_of(asked(person, Known(holders=(held_by_another(),)), LINKING)) == "user_conflict"
    emulated = held_by_another(emulated=True)
    assert isinstance(asked(person, Known(holders=(emulated,)), LINKING), LinkIdentity)


def test_a_locked_user_is_refused_even_by_a_known_identity() -> None:
    person = a_person("alice", proven())
    assert refusal_of(asked(person, known_as(person, own_email(), locked_at=1))) == "account_locked"


def test_a_changed_subject_is_refused_before_anything_else_and_counted() -> None:
    """One key, one registration, two subjects: two people under one key, or a forged claim."""
    person = a_person("alice", proven())
    known = known_as(person, own_email(), locked_at=1)
    decision = asked(person, replace(known, record=record_of(person, subject="another")))
    assert isinstance(decision, Refuse)
    assert isinstance(decision.error, TokenInvalid)
    assert (decision.error.security, decision.error.code) == ("sub_changed", "invalid_response")


def test_another_registration_has_other_subjects() -> None:
    person = a_person("alice", proven())
    earlier = record_of(person, subject="another", provider_client_id="an earlier registration")
    assert isinstance(asked(person, replace(known_as(person, own_email()), record=earlier)), SignInUser)


@pytest.mark.parametrize(
    "candidates", [(), (unproven(),), (unproven("new@elsewhere.example"),), (by_upn(),), (proven(),)]
)
def test_a_known_identity_signs_in_whatever_became_of_its_address(candidates: tuple[AddressCandidate, ...]) -> None:
    person = a_person("alice", *candidates)
    assert asked(person, known_as(person, own_email())) == SignInUser(user_id="own")


@pytest.mark.parametrize(
    ("candidate", "own", "holder", "change"),
    [
        (proven(OTHER), None, None, "add"),
        (by_upn(OTHER), None, None, "add"),
        (proven(OTHER), None, "xms_edov", "not_adopted"),
        (by_upn(OTHER), None, "upn", "not_adopted"),
        (proven(OTHER), None, "upn", "add and release"),
        (proven(OTHER), "upn", None, "prove"),
        (by_upn(OTHER), "upn", None, None),
        (proven(OTHER), "xms_edov", None, None),
        (by_upn(OTHER), "xms_edov", None, None),
        (proven(OTHER), "unproven", None, "prove"),
        (by_upn(OTHER), "unproven", None, "prove"),
        (proven(OTHER), "unproven", "xms_edov", "not_adopted"),
        (proven(OTHER), "unproven", "upn", "prove and release"),
        (by_upn(OTHER), "unproven", "upn", "not_adopted"),
        (proven(OTHER), "trust_personal", None, "prove"),
        (by_upn(OTHER), "trust_personal", None, None),
        (believed(OTHER), "upn", None, None),
        (believed(OTHER), None, "upn", "not_adopted"),
        (unproven(OTHER), None, None, None),
        (unproven(OTHER), "upn", None, None),
    ],
)
def test_what_a_known_identity_brings_is_added_proven_or_left(
    candidate: AddressCandidate, own: str | None, holder: str | None, change: str | None
) -> None:
    rows = [own_email()]
    if own is not None:
        rows.append(own_email(OTHER, by=None if own == "unproven" else own, is_primary=False))
    holders = () if holder is None else (held_by_another(OTHER, by=holder),)
    person = a_person("alice", candidate)
    decision = asked(person, known_as(person, *rows, holders=holders))
    assert isinstance(decision, SignInUser)
    found = [
        (f"{one.kind} and release" if one.release else one.kind, one.email_id == rows[-1].id)
        for one in decision.changes
    ]
    assert found == ([] if change is None else [(change, change.startswith("prove"))])


def test_a_user_gathers_only_so_many_addresses() -> None:
    own = [own_email(f"a{number}@alder.example", is_primary=number == 0) for number in range(MOST_ADDRESSES - 1)]
    person = a_person("alice", by_upn("new@alder.example"), proven("newer@alder.example"))
    decision = asked(person, known_as(person, *own))
    assert isinstance(decision, SignInUser)
    assert [change.kind for change in decision.changes] == ["add", "not_adopted"]


def test_holders_are_asked_for_what_the_decision_needs_and_for_nothing_else() -> None:
    person = a_person("alice", by_upn(), proven(OTHER), unproven("x@elsewhere.example"))
    assert addresses_in_question(person, ()) == (ADDRESS, OTHER)
    assert addresses_in_question(person, (own_email(by="upn"),)) == (OTHER,)
    assert addresses_in_question(person, (own_email(OTHER, by="upn"),)) == (ADDRESS, OTHER)
    assert addresses_in_question(person, (own_email(), own_email(OTHER))) == ()


def test_the_table_is_read_in_this_order() -> None:
    assert " ".join(case.__name__ for case in CASES) == (
        "_subject_changed _locked _known_identity _free_address _both_proven _conflict _without_address"
    )
