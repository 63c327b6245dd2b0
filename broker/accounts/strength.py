"""How much speaks for an address, where two people are concerned: what weighs more takes it, and only proof links."""

from broker.models.identities import BELIEVED, IMPORTED, AddressCandidate
from broker.models.users import Email
from broker.store.users import AddressHolder

BELIEF, NAME, PROOF = 1, 2, 3
Address = AddressCandidate | AddressHolder | Email


def is_proof(address: Address) -> bool:
    """Whether somebody proved the mailbox: only that links, and on both sides."""
    return strength(address) == PROOF


def strength(address: Address) -> int:
    """What weighs more where two people are concerned; 0 where nothing speaks for it."""
    if address.verified_by is None:
        return 0
    if address.verified_by == BELIEVED:
        return BELIEF
    if address.verified_by == IMPORTED:
        return NAME
    is_proven = address.proves_mailbox if isinstance(address, AddressCandidate) else address.is_verified
    return PROOF if is_proven else NAME
