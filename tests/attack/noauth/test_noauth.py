"""No combination of configuration, claims and order of arrival gives anybody another person's account."""

import sys

import pytest

from broker.providers.base import AccountPolicy
from broker.providers.microsoft.addresses import AddressRules
from broker.store.base import Store
from tests.attack.noauth.__main__ import lines_of
from tests.attack.noauth.matrix import POLICIES, RULES, Matrix
from tests.attack.noauth.people import ATTACKERS, BIRCH, VICTIMS
from tests.attack.noauth.worlds import ORDERS, played


async def test_no_cell_gives_anybody_another_persons_account(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    summary = await Matrix(store).run()
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines_of(summary)) + "\n")
    assert summary.cells == len(ATTACKERS) * len(VICTIMS) * len(RULES) * len(POLICIES) * len(ORDERS)
    assert summary.undocumented == []
    # What is documented as out of our hands is so in fact: a row that reached nothing would promise too little.
    reached = {attacker for attacker, _fact in summary.achieved}
    assert reached == {person.name for person in ATTACKERS if person.documented}


async def test_the_matrix_would_see_a_mistake(store: Store) -> None:
    """Somebody believes a directory of a domain that it does not own: every harm there is comes of it."""
    naive = AddressRules(trusted_domains={BIRCH: frozenset({"alder.example"})})
    summary = await Matrix(store).run([naive], ATTACKERS[:1])
    harms = {fact for cell in summary.undocumented for fact in cell.facts}
    assert harms == {"sign-in as another", "verified", "shut out", "kept address away"}


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("proven", "verified"),
        ("by name only", "held"),
        ("by mail only", "verified"),
        ("unproven", "refused: unverified_email"),
        ("other name", "verified"),
        ("personal", "verified"),
    ],
)
async def test_victims_are_well_off_where_nobody_attacks(store: Store, name: str, ends: str) -> None:
    """Otherwise a matrix in which all are refused would look the same."""
    [victim] = [person.identity(AddressRules()) for person in VICTIMS if person.name == name]
    ending = await played(store, "V", victim, victim, AccountPolicy())
    [(_, result)] = ending.results
    assert ends == (result if result.startswith("refused") else "verified" if ending.verified else "held")
    assert ending.holders == ({result} - {ends})
