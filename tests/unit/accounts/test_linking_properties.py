"""What no combination of identity, database and configuration may lead to."""

from dataclasses import replace
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.accounts.linking import CreateUser, Decision, Known, LinkIdentity, Question, Refuse, SignInUser, decide
from broker.models.identities import AddressCandidate, ProviderIdentity
from broker.models.users import Email
from broker.providers.base import AccountPolicy, Linking, OnUnverified
from broker.store.users import AddressHolder
from tests.accounts.people import PROOFS, a_person, held_by_another, known_as, own_email, record_of

ADDRESSES = st.sampled_from([f"{name}@alder.example" for name in ("a", "b", "c")])
PROOF = st.sampled_from([None, "upn", "trust_personal", *PROOFS])
KNOWN_AT = st.frozensets(st.sampled_from([("microsoft", "alder"), ("microsoft", "birch"), ("custom_other", None)]))


@st.composite
def people(draw: st.DrawFn) -> ProviderIdentity:
    candidates = draw(
        st.lists(st.builds(AddressCandidate, address=ADDRESSES, verified_by=PROOF), max_size=4).map(tuple)
    )
    return a_person("alice", *candidates, emulator=draw(st.booleans()))


@st.composite
def foreign_rows(draw: st.DrawFn) -> tuple[AddressHolder, ...]:
    """Who else holds addresses: as the unique index has it, at most one user each."""
    return tuple(
        held_by_another(
            address,
            by=draw(st.sampled_from(["upn", "trust_personal", *PROOFS])),
            emulated=draw(st.booleans()),
            known_at=draw(KNOWN_AT),
        )
        for address in draw(st.lists(ADDRESSES, unique=True))
    )


@st.composite
def own_rows(draw: st.DrawFn, foreign: tuple[AddressHolder, ...]) -> tuple[Email, ...]:
    held = {holder.address for holder in foreign}
    return tuple(
        own_email(address, by=None if address in held else draw(PROOF), is_primary=position == 0)
        for position, address in enumerate(draw(st.lists(ADDRESSES, unique=True)))
    )


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question that a database whose constraints hold can lead to."""
    person, foreign = draw(people()), draw(foreign_rows())
    known = Known(holders=foreign)
    if draw(st.booleans()):
        own = draw(own_rows(foreign))
        mine = tuple(
            replace(held_by_another(email.address, by=email.verified_by), email_id=email.id, user_id="own")
            for email in own
            if email.verified_by is not None
        )
        known = known_as(person, *own, holders=foreign + mine, locked_at=draw(st.sampled_from([None, 1])))
        if draw(st.booleans()):
            known = replace(known, record=record_of(person, subject="another"))
    policy = AccountPolicy(
        on_unverified=draw(st.sampled_from(get_args(OnUnverified))), linking=draw(st.sampled_from(get_args(Linking)))
    )
    return Question(identity=person, known=known, policy=policy, allow_signup=draw(st.booleans()))


def changes_of(decision: Decision) -> list[tuple[AddressCandidate, str, AddressHolder | None]]:
    match decision:
        case SignInUser(changes=found) | CreateUser(additions=found):
            return [(change.candidate, change.kind, change.release) for change in found]
        case _:
            return []


@given(questions())
def test_an_identity_is_linked_only_where_asked_for_and_with_both_mailboxes_proven(question: Question) -> None:
    decision = decide(question)
    if not isinstance(decision, LinkIdentity):
        return
    assert question.policy.linking == "verified_both"
    assert question.known.record is None
    holder = question.known.holder_of(decision.address)
    assert holder is not None
    assert (holder.user_id, holder.verified_by in PROOFS) == (decision.user_id, True)
    assert holder.emulated == question.identity.emulator
    assert (question.identity.provider, question.identity.tenant) not in holder.known_at
    assert any(item.address == decision.address and item.verified_by in PROOFS for item in question.identity.candidates)


@given(questions())
def test_an_address_is_taken_only_from_who_never_proved_it_or_is_only_an_emulators(question: Question) -> None:
    for candidate, _kind, release in changes_of(decide(question)):
        if release is None:
            continue
        assert release.user_id != "own"
        assert release.address == candidate.address
        is_real_over_emulated = release.emulated and not question.identity.emulator
        is_proof_over_less = candidate.verified_by in PROOFS and release.verified_by not in PROOFS
        is_name_over_belief = (candidate.verified_by, release.verified_by) == ("upn", "trust_personal")
        is_of_one_kind = release.emulated == question.identity.emulator
        assert is_real_over_emulated or (is_of_one_kind and (is_proof_over_less or is_name_over_belief))


@given(questions())
def test_an_address_that_nothing_proves_changes_nobodys_rows(question: Question) -> None:
    """Save the row of the very account that it makes, where the operator chose `create_unverified`."""
    decision = decide(question)
    for candidate, kind, release in changes_of(decision):
        if candidate.verified_by is None:
            assert isinstance(decision, CreateUser)
            assert question.policy.on_unverified == "create_unverified"
            assert (kind, release) == ("add", None)
            assert not question.acceptable


@given(questions())
def test_a_known_identity_signs_its_own_user_in_unless_locked_or_its_subject_changed(question: Question) -> None:
    record, user, decision = question.known.record, question.known.user, decide(question)
    if record is None or user is None:
        assert not isinstance(decision, SignInUser)
    elif record.subject != question.identity.subject:
        assert isinstance(decision, Refuse)
        assert decision.error.security == "sub_changed"
    elif user.locked_at is not None:
        assert isinstance(decision, Refuse)
        assert decision.error.code == "account_locked"
    else:
        assert isinstance(decision, SignInUser)
        assert decision.user_id == record.user_id


@given(questions())
def test_what_is_added_is_free_or_given_up_and_no_address_is_written_twice(question: Question) -> None:
    """What the unique indexes would refuse is never asked of the database: it would refuse it for ever."""
    own = {email.address: email for email in question.known.emails}
    written = [change for change in changes_of(decide(question)) if change[1] != "not_adopted"]
    assert len({candidate.address for candidate, _, _ in written}) == len(written)
    for candidate, kind, release in written:
        assert (kind == "prove") == (candidate.address in own)
        holder = question.known.holder_of(candidate.address)
        if candidate.verified_by is not None and holder is not None and holder.user_id != "own":
            assert release == holder


@given(questions())
def test_no_new_account_is_made_where_sign_up_is_off(question: Question) -> None:
    if not question.allow_signup:
        assert not isinstance(decide(question), CreateUser)


@settings(max_examples=50)
@given(questions())
def test_the_same_question_has_the_same_answer(question: Question) -> None:
    first, second = decide(question), decide(question)
    if isinstance(first, Refuse) and isinstance(second, Refuse):
        assert (first.error.code, first.error.detail) == (second.error.code, second.error.detail)
    else:
        assert first == second
