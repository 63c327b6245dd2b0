"""Every attacker x victim x configuration x order of arrival: what the attacker achieved, and what is documented.

Many cells are one and the same question (an `xms_edov` of `0` and of `"0"`, say): each question is played once.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from broker.models.identities import ProviderIdentity
from broker.providers.base import AccountPolicy
from broker.providers.microsoft.addresses import AddressRules, Source
from broker.store.base import Store
from tests.attack.noauth.people import ALDER, ATTACKERS, BIRCH, VICTIMS, Fact, Person
from tests.attack.noauth.worlds import ORDERS, Ending, facts_of, played

SOURCES: tuple[tuple[Source, ...], ...] = (("upn", "email"), ("email", "upn"), ("email",), ("upn",))
TRUSTED: tuple[dict[str, frozenset[str]], ...] = (
    {},
    {ALDER: frozenset({"alder.example"})},
    {BIRCH: frozenset({"birch.example"})},
    {ALDER: frozenset({"alder.example", "partner.example"}), BIRCH: frozenset({"birch.example"})},
)
"""No entry trusts a directory for a domain that is not its own: that would be the operator's word for the attacker."""
POLICIES = tuple(
    AccountPolicy(linking=linking, on_unverified=on_unverified)
    for linking in ("never", "verified_both")
    for on_unverified in ("refuse", "create_without_email", "create_unverified")
)
RULES = tuple(
    AddressRules(sources=sources, trusted_domains=trusted, trust_personal=personal)
    for sources, trusted, personal in itertools.product(SOURCES, TRUSTED, (False, True))
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell in which an attacker achieved what no guide tells."""

    attacker: str
    victim: str
    order: str
    rules: AddressRules
    policy: AccountPolicy
    facts: frozenset[Fact]


@dataclass(kw_only=True)
class Summary:
    """What all cells came to. `worlds`: how many different questions they were."""

    cells: int = 0
    worlds: int = 0
    achieved: Counter[tuple[str, Fact]] = field(default_factory=Counter)
    undocumented: list[Cell] = field(default_factory=list)


class Matrix:
    """Plays every world once, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._identities: dict[object, ProviderIdentity] = {}
        self._facts: dict[object, frozenset[Fact]] = {}
        self._endings: dict[object, Ending] = {}

    async def run(self, rules: Sequence[AddressRules] = RULES, attackers: Sequence[Person] = ATTACKERS) -> Summary:
        """All cells of these."""
        summary = Summary()
        for each in rules:
            await self._run(each, attackers, summary)
        summary.worlds = len(self._facts)
        return summary

    async def _run(self, rules: AddressRules, people: Sequence[Person], summary: Summary) -> None:
        attackers = [(person, self._interned(person.identity(rules)), person.may(rules)) for person in people]
        victims = [(person, self._interned(person.identity(rules))) for person in VICTIMS]
        for (one, attacker, may), (other, victim), policy, order in itertools.product(
            attackers, victims, POLICIES, ORDERS
        ):
            facts = await self._facts_of(order, attacker, victim, policy)
            summary.cells += 1
            for fact in facts:
                summary.achieved[one.name, fact] += 1
            # Where nothing is linked, nothing excuses it.
            if not facts <= (may - {"sign-in as another"} if policy.linking == "never" else may):
                summary.undocumented.append(
                    Cell(attacker=one.name, victim=other.name, order=order, rules=rules, policy=policy, facts=facts)
                )

    async def _facts_of(
        self, name: str, attacker: ProviderIdentity, victim: ProviderIdentity, policy: AccountPolicy
    ) -> frozenset[Fact]:
        key = (name, id(attacker), id(victim), policy)
        if key not in self._facts:
            ending = await played(self._store, ORDERS[name], attacker, victim, policy)
            self._facts[key] = facts_of(ending, await self._without(name, victim, policy))
        return self._facts[key]

    async def _without(self, name: str, victim: ProviderIdentity, policy: AccountPolicy) -> Ending:
        order = ORDERS[name].replace("A", "")
        key = (order, id(victim), policy)
        if key not in self._endings:
            self._endings[key] = await played(self._store, order, victim, victim, policy)
        return self._endings[key]

    def _interned(self, identity: ProviderIdentity) -> ProviderIdentity:
        """The same object for everybody of whom accounts see the same."""
        seen = (identity.subject_key, identity.subject, identity.tenant, identity.candidates, identity.emulator)
        return self._identities.setdefault(seen, identity)
