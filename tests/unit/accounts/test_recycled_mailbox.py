"""Whom an address links, where linking is on: never two people whom one directory tells apart."""

import pytest

from broker.accounts.linking import Known, LinkIdentity, Question, Refuse, decide
from broker.providers.base import AccountPolicy
from tests.accounts.people import ADDRESS, a_person, held_by_another, proven

LINKING = AccountPolicy(linking="verified_both")


@pytest.mark.parametrize(
    ("provider", "tenant", "known_at", "links"),
    [
        ("microsoft", "alder", {("microsoft", "alder")}, False),
        ("microsoft", "alder", {("custom_other", None), ("microsoft", "alder")}, False),
        ("custom_other", None, {("custom_other", None)}, False),
        ("microsoft", "alder", {("microsoft", "birch")}, True),
        ("microsoft", "alder", {("custom_other", None)}, True),
        ("custom_other", None, {("custom_another", None), ("microsoft", "alder")}, True),
        ("microsoft", "alder", set(), True),
    ],
)
def test_second_person_of_one_directory_never_gets_the_account_of_the_first(
    provider: str, tenant: str | None, known_at: set[tuple[str, str | None]], links: bool
) -> None:
    """A mailbox is given to the next employee: same directory, proven anew, and somebody else."""
    person = a_person("alice", proven(), provider=provider, tenant=tenant)
    held = Known(holders=(held_by_another(known_at=frozenset(known_at)),))
    decision = decide(Question(identity=person, known=held, policy=LINKING, allow_signup=True))
    if links:
        assert decision == LinkIdentity(user_id="another", address=ADDRESS)
    else:
        assert isinstance(decision, Refuse)
        assert decision.error.code == "user_conflict"
