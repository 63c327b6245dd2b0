"""People as a provider has proven them, and what our database may already know: the material of account tests."""

from dataclasses import replace
from typing import Any

from broker.accounts.linking import Known
from broker.crypto import new_id
from broker.models.identities import AddressCandidate, Identity, ProviderIdentity
from broker.models.users import Email, User, UserProfile
from broker.store.users import AddressHolder
from tests.store.rows import NOW, a_user, an_email, an_identity

ADDRESS = "alice@alder.example"
OTHER = "alice.alder@alder.example"
PROOFS = ("xms_edov", "trusted_tenant", "email_verified")
"""What proves a mailbox; `upn` proves a domain only, and `trust_personal` is the operator's belief."""


def proven(address: str = ADDRESS, by: str = "xms_edov") -> AddressCandidate:
    """An address whose mailbox somebody proved."""
    return AddressCandidate(address=address, verified_by=by)


def by_upn(address: str = ADDRESS) -> AddressCandidate:
    """A sign-in name: the directory owns the domain, nobody proved the mailbox."""
    return AddressCandidate(address=address, verified_by="upn")


def unproven(address: str = ADDRESS) -> AddressCandidate:
    """An address that anybody could have written there."""
    return AddressCandidate(address=address, verified_by=None)


def believed(address: str = ADDRESS) -> AddressCandidate:
    """What a personal account says, where the operator believes such accounts."""
    return AddressCandidate(address=address, verified_by="trust_personal")


def a_person(name: str = "alice", *candidates: AddressCandidate, **changes: Any) -> ProviderIdentity:
    """Somebody whom Microsoft proved just now; the name makes the subject key."""
    person = ProviderIdentity(
        provider="microsoft",
        subject_key=f"global:alder:{name}",
        subject=f"subject-of-{name}",
        provider_client_id="c11e0000-0000-4000-8000-00000000000c",
        tenant="alder",
        account_class="member",
        candidates=candidates,
        name=name.title(),
    )
    return replace(person, **changes)


def an_emulated(name: str = "alice", *candidates: AddressCandidate, **changes: Any) -> ProviderIdentity:
    """The same person as an emulator tells it."""
    return a_person(name, *candidates, subject_key=f"emulator:alder:{name}", emulator=True, **changes)


def held_by_another(
    address: str = ADDRESS,
    *,
    by: str = "xms_edov",
    emulated: bool = False,
    known_at: frozenset[tuple[str, str | None]] = frozenset({("custom_other", None)}),
) -> AddressHolder:
    """Another user's row of this address."""
    return AddressHolder(
        email_id=f"email-of-another-{address}",
        user_id="another",
        address=address,
        is_verified=by != "upn",
        verified_by=by,
        emulated=emulated,
        known_at=known_at,
    )


def known_as(person: ProviderIdentity, *emails: Email, holders: tuple[AddressHolder, ...] = (), **user: Any) -> Known:
    """What the store says about somebody who signed in before; `user` changes their row."""
    owner = a_user(id="own", **user)
    return Known(record=record_of(person), profile=_profile(owner, person, emails), holders=holders)


def record_of(person: ProviderIdentity, **changes: Any) -> Identity:
    """Our record of this identity, as of an earlier sign-in."""
    record = an_identity(
        "own",
        person.subject_key,
        provider=person.provider,
        subject=person.subject,
        provider_client_id=person.provider_client_id,
        emulator=person.emulator,
    )
    return replace(record, **changes)


def own_email(address: str = ADDRESS, *, by: str | None = "xms_edov", is_primary: bool = True) -> Email:
    """A row of the user themselves."""
    is_verified = by not in (None, "upn")
    return an_email(
        "own", address, id=new_id(NOW * 1000), is_primary=is_primary, is_verified=is_verified, verified_by=by
    )


def _profile(owner: User, person: ProviderIdentity, emails: tuple[Email, ...]) -> UserProfile:
    return UserProfile(user=owner, emails=emails, identities=(record_of(person),))
