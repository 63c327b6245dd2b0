"""The groups of the directory Alder and who is in them; what of it becomes a claim or a Graph answer is told elsewhere.

Heidi is in more of them than fit into a token.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.emulator.people import Person
from broker.emulator.tenants import ALDER


@dataclass(frozen=True, kw_only=True)
class Group:
    """A security group with its object id."""

    id: str
    name: str


def _group(number: int, name: str) -> Group:
    return Group(id=f"6e000000-0000-4000-8000-{number:012x}", name=name)


EVERYBODY = _group(1, "Everybody at Alder")
ENGINEERING = _group(2, "Engineering")
_MANY = tuple(_group(0x100 + number, f"Project {number + 1}") for number in range(249))

_FURTHER: dict[str, tuple[Group, ...]] = {"alice": (ENGINEERING,), "ivan": (ENGINEERING,), "heidi": _MANY}
_BY_ID = {group.id: group for group in (EVERYBODY, ENGINEERING, *_MANY)}


def groups_of(person: Person) -> Sequence[Group]:
    """All groups of a person, direct or not: those that control put them in, else Alder's for its members."""
    if person.groups is not None:
        return tuple(_BY_ID.get(each) or Group(id=each, name=each) for each in person.groups)
    if person.tenant.id != ALDER.id:
        return ()
    return (EVERYBODY, *_FURTHER.get(person.key, ()))
