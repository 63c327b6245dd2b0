"""Who is this identity here? A pure decision, made of a table of cases tried in order.

An account is found by (provider, subject key). An address never finds an account: it can only name a new one, be
refused because somebody else has it, or, with `linking: verified_both`, join two accounts that both proved it.
Without these rules anybody with a directory of their own can write a victim's address into it and become the victim
("nOAuth"), or sit on the address before the victim comes (pre-hijacking).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from broker.accounts.strength import PROOF, is_proof, strength
from broker.errors import IdentityRefused, LinkingRefused, SignInFailed, TokenInvalid
from broker.models.identities import IMPORTED, AddressCandidate, Identity, ProviderIdentity
from broker.models.users import Email, User, UserProfile
from broker.providers.base import AccountPolicy
from broker.store.users import AddressHolder

MOST_ADDRESSES = 5
"""Addresses one user may gather; a directory that renames its people daily shall not fill our tables."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the store knew at that moment: our record of the identity, its user, and who holds which address."""

    record: Identity | None = None
    profile: UserProfile | None = None
    holders: tuple[AddressHolder, ...] = ()

    @property
    def user(self) -> User | None:
        """The user of a known identity."""
        return None if self.profile is None else self.profile.user

    @property
    def emails(self) -> tuple[Email, ...]:
        """The addresses of that user."""
        return () if self.profile is None else self.profile.emails

    def holder_of(self, address: str) -> AddressHolder | None:
        """Who holds the address, if anybody does."""
        return next((holder for holder in self.holders if holder.address == address), None)


@dataclass(frozen=True, kw_only=True)
class AddressChange:
    """What happens to one address: `add` it, note what speaks for the row we have (`prove`), or leave it.

    `release` is the row of somebody who held the address without proof and loses it.
    """

    candidate: AddressCandidate
    kind: Literal["add", "prove", "not_adopted"]
    email_id: str | None = None
    release: AddressHolder | None = None


@dataclass(frozen=True, kw_only=True)
class SignInUser:
    """A known identity: sign its user in, and take over what changed about its addresses."""

    user_id: str
    changes: tuple[AddressChange, ...] = ()

    @property
    def gains(self) -> bool:
        """Whether the user has more, or better, addresses by it."""
        return any(change.kind != "not_adopted" for change in self.changes)


@dataclass(frozen=True, kw_only=True)
class LinkIdentity:
    """A new identity of a user we have: both proved this address."""

    user_id: str
    address: str


@dataclass(frozen=True, kw_only=True)
class CreateUser:
    """A new user with these addresses, the first of them primary."""

    additions: tuple[AddressChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refuse:
    """Nobody is signed in, nothing is written."""

    error: SignInFailed


Decision = SignInUser | LinkIdentity | CreateUser | Refuse


@dataclass(frozen=True, kw_only=True)
class Question:
    """Everything the decision depends on."""

    identity: ProviderIdentity
    known: Known
    policy: AccountPolicy
    allow_signup: bool

    @cached_property
    def candidates(self) -> tuple[AddressCandidate, ...]:
        """Each address once, at the place where it first stands, with the best proof that came for it."""
        return candidates_of(self.identity)

    @cached_property
    def acceptable(self) -> tuple[AddressCandidate, ...]:
        """Candidates with some proof."""
        return tuple(candidate for candidate in self.candidates if candidate.verified_by is not None)


def candidates_of(identity: ProviderIdentity) -> tuple[AddressCandidate, ...]:
    """Each address once, at the place where it first stands, with the best proof that came for it."""
    best: dict[str, AddressCandidate] = {}
    for candidate in identity.candidates:
        standing = best.get(candidate.address)
        if standing is None or strength(candidate) > strength(standing):
            best[candidate.address] = candidate
    return tuple(best.values())


def addresses_in_question(identity: ProviderIdentity, emails: Sequence[Email]) -> tuple[str, ...]:
    """The addresses whose holders the decision needs to know, for a person who has these already."""
    own = {email.address: email for email in emails}
    return tuple(
        candidate.address
        for candidate in candidates_of(identity)
        if candidate.verified_by is not None and not _is_settled(own.get(candidate.address), candidate)
    )


def decide(question: Question) -> Decision:
    """The first case that has an answer. The last one always has."""
    for case in CASES:
        decision = case(question)
        if decision is not None:
            return decision
    raise AssertionError("the last case answers every question")


def _subject_changed(question: Question) -> Decision | None:
    """One key, one registration, two subjects: two people with one key, or a forged claim. Never go on."""
    record, identity = question.known.record, question.identity
    if record is None or record.provider_client_id != identity.provider_client_id:
        return None
    if record.subject == identity.subject:
        return None
    return Refuse(error=TokenInvalid("sub_changed", "the subject of a known identity differs", security="sub_changed"))


def _locked(question: Question) -> Decision | None:
    user = question.known.user
    if user is None or user.locked_at is None:
        return None
    return Refuse(error=IdentityRefused.locked(user.id))


def _known_identity(question: Question) -> Decision | None:
    """A known identity always signs in, whatever became of its address."""
    record = question.known.record
    if record is None:
        return None
    mine = {email.address: email for email in question.known.emails}
    room = MOST_ADDRESSES - len(mine)
    changes: list[AddressChange] = []
    for candidate in question.acceptable:
        change = _change_for(question, candidate, mine.get(candidate.address), has_room=room > 0)
        if change is not None:
            room -= change.kind == "add"
            changes.append(change)
    return SignInUser(user_id=record.user_id, changes=tuple(changes))


def _change_for(
    question: Question, candidate: AddressCandidate, own: Email | None, *, has_room: bool
) -> AddressChange | None:
    if _is_settled(own, candidate):
        return None
    holder = question.known.holder_of(candidate.address)
    foreign = holder if holder is not None and (own is None or holder.email_id != own.id) else None
    if foreign is not None and not _gives_way(foreign, candidate, question.identity):
        return AddressChange(candidate=candidate, kind="not_adopted")
    if own is not None:
        return AddressChange(candidate=candidate, kind="prove", email_id=own.id, release=foreign)
    if not has_room:
        return AddressChange(candidate=candidate, kind="not_adopted")
    return AddressChange(candidate=candidate, kind="add", release=foreign)


def _free_address(question: Question) -> Decision | None:
    """A new person with at least one acceptable address that nobody else may claim."""
    additions = []
    for candidate in question.acceptable:
        holder = question.known.holder_of(candidate.address)
        if holder is None or _gives_way(holder, candidate, question.identity):
            additions.append(AddressChange(candidate=candidate, kind="add", release=holder))
    return _create(question, *additions) if additions else None


def _both_proven(question: Question) -> Decision | None:
    """Only where the operator asked for it, and only if both sides proved the mailbox, not merely the domain.

    What an emulator says proves nothing about a real person: its identities join only one another. And a directory that
    knows the holder by another subject says that this is somebody else: the mailbox was given to the next employee.
    What the operator merely believes (`trust_personal`) joins nobody on either side: anybody can have written it.
    """
    if question.policy.linking != "verified_both":
        return None
    directory = (question.identity.provider, question.identity.tenant)
    for candidate in question.acceptable:
        holder = question.known.holder_of(candidate.address)
        if holder is None or holder.emulated != question.identity.emulator or directory in holder.known_at:
            continue
        if is_proof(candidate) and is_proof(holder):
            return LinkIdentity(user_id=holder.user_id, address=candidate.address)
    return None


def _conflict(question: Question) -> Decision | None:
    """All acceptable addresses belong to others, whatever `linking` says: nobody is created, joined or changed.

    Which side lacked the proof is not told: that would say something of an account to whoever claims its address.
    """
    if not question.acceptable:
        return None
    why, remedy = "every acceptable address belongs to another user", ""
    if question.policy.linking == "never":
        remedy = "linking: verified_both joins one person's identities where both sides have proven the mailbox."
    return Refuse(error=LinkingRefused(why, remedy=remedy))


def _without_address(question: Question) -> Decision:
    """No acceptable address at all: what the operator chose for that."""
    if question.policy.on_unverified == "refuse":
        why = "no address is proven" if question.candidates else "the provider sent no address"
        remedy = "broker doctor names optional claims that do not come; on_unverified says what becomes of such people."
        return Refuse(error=IdentityRefused(why, code="unverified_email", remedy=remedy))
    if question.policy.on_unverified == "create_unverified" and question.candidates:
        return _create(question, AddressChange(candidate=question.candidates[0], kind="add"))
    return _create(question)


CASES: tuple[Callable[[Question], Decision | None], ...] = (
    _subject_changed,
    _locked,
    _known_identity,
    _free_address,
    _both_proven,
    _conflict,
    _without_address,
)
"""The table, in the order in which it is read."""


def _create(question: Question, *additions: AddressChange) -> Decision:
    if not question.allow_signup:
        return Refuse(error=LinkingRefused("sign-up is switched off", code="signup_disabled"))
    return CreateUser(additions=additions)


def _is_settled(own: Email | None, candidate: AddressCandidate) -> bool:
    """Whether the row that we have says as much about the address as the candidate does."""
    if own is None:
        return False
    standing, brought = strength(own), strength(candidate)
    return standing >= brought or (own.is_verified and brought < PROOF)


def _gives_way(holder: AddressHolder, candidate: AddressCandidate, identity: ProviderIdentity) -> bool:
    """Whether the holder loses the address to this candidate.

    A sign-in name proves a domain, not a mailbox, so it yields to whoever proves the mailbox; an address that the
    operator merely believed yields to either. An imported one yields to nobody: whoever brings it is most likely the
    very person, who shall not find an empty account in place of theirs. And what only an emulator ever vouched for
    blocks no real person, nor does an emulator's word take anything from one.
    """
    if holder.emulated != identity.emulator:
        return holder.emulated
    if holder.verified_by == IMPORTED:
        return False
    return strength(candidate) > strength(holder)
