"""A world: a configuration, some people, the order in which they come. Played on a real store, then rolled back.

What an attacker achieved is told by comparison with the same world without them, so that nobody has to foresee what a
victim should have got.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from broker.accounts.provision import provision
from broker.clock import FrozenClock
from broker.errors import SignInFailed
from broker.models.identities import ProviderIdentity
from broker.providers.base import AccountPolicy
from broker.store import users
from broker.store.base import Connection, Store
from tests.attack.noauth.people import ADDRESS, OLD_PROVEN, OLD_UNPROVEN, Fact

ORDERS = {
    "attacker first": "AVA",
    "victim first": "VAV",
    "victim proven elsewhere": "PAVA",
    "victim of old, unproven": "UAVA",
    "victim here before, with nothing proven": "NAVA",
}
"""A: attacker, V: victim, P and U: the victim at another provider, proven and not, N: the victim's identity, bare."""

BEFORE = AccountPolicy(on_unverified="create_unverified")
"""How whatever was there long ago came to be there."""


@dataclass(kw_only=True)
class Ending:
    """What became of everybody: each sign-in's user or refusal, and the addresses that users hold."""

    results: list[tuple[str, str]] = field(default_factory=list)
    verified: set[str] = field(default_factory=set)
    """Users at whom the victim's address ever showed as verified."""
    holders: set[str] = field(default_factory=set)
    """Users who hold the victim's address in the end."""

    def of(self, *who: str) -> list[str]:
        """Results of these people, in order."""
        return [result for person, result in self.results if person in who]


_CLOCK = FrozenClock()


class _RolledBack(Exception):
    """The world is over."""


async def played(
    store: Store, order: str, attacker: ProviderIdentity, victim: ProviderIdentity, policy: AccountPolicy
) -> Ending:
    """Let them come in this order, and forget it all."""
    ending = Ending()
    try:
        async with store.transaction() as c:
            for person in order:
                await _signs_in(c, person, attacker, victim, policy, ending)
            ending.holders = await _holders(c)
            _forget()
    except _RolledBack:
        pass
    return ending


def _forget() -> None:
    raise _RolledBack


async def _signs_in(
    c: Connection,
    person: str,
    attacker: ProviderIdentity,
    victim: ProviderIdentity,
    policy: AccountPolicy,
    ending: Ending,
) -> None:
    bare = replace(victim, candidates=())
    identity = {"A": attacker, "V": victim, "P": OLD_PROVEN, "U": OLD_UNPROVEN, "N": bare}[person]
    rules = BEFORE if person in "PUN" else policy
    try:
        found = await provision(c, identity, policy=rules, allow_signup=True, clock=_CLOCK)
    except SignInFailed as refusal:
        ending.results.append((person, f"refused: {refusal.code}"))
        return
    user = found.profile.user.id
    ending.results.append((person, user))
    if any(email.address == ADDRESS and email.is_verified for email in found.profile.emails):
        ending.verified.add(user)


def facts_of(ending: Ending, without: Ending) -> frozenset[Fact]:
    """What the attacker achieved in a world, given how the same world ends without them."""
    found: set[Fact] = set()
    hers, theirs = _users(ending.of("V", "P", "U", "N")), _users(ending.of("A"))
    if hers & theirs:
        found.add("sign-in as another")
    if ending.verified & theirs:
        found.add("verified")
    if len(_users(ending.of("V"))) < len(_users(without.of("V"))):
        found.add("shut out")
    if bool(without.holders) and not ending.holders & hers:
        found.add("kept address away")
    return frozenset(found)


def _users(results: Sequence[str]) -> set[str]:
    return {result for result in results if not result.startswith("refused")}


async def _holders(c: Connection) -> set[str]:
    return {holder.user_id for holder in await users.holders(c, [ADDRESS])}
