"""The people as they are at present: control adds, changes and removes them, and ends what they have been issued.

Each revocation begins a new epoch of an account; sessions and refresh tokens of an earlier one count for nothing. A
number and not a moment, because the clock may stand still.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping

from broker.emulator.people import PEOPLE, Person


class Directory:
    """Everybody there is, by short name, sign-in name and account."""

    def __init__(self, people: Mapping[str, Person] = PEOPLE) -> None:
        self._initial = dict(people)
        self._people: dict[str, Person] = {}
        self._epochs: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Back to the people of the start."""
        self._people = dict(self._initial)
        self._epochs.clear()
        self._added = 0
        self._index()

    def keep(self) -> None:
        """Make the present people those of the start."""
        self._initial = dict(self._people)

    def all(self) -> list[Person]:
        """Everybody, in the order of the start."""
        return list(self._people.values())

    def get(self, key: str) -> Person | None:
        """The person with this short name."""
        return self._people.get(key)

    def next_number(self) -> int:
        """A number for the ids of somebody new; never given twice, as Microsoft never gives an id again."""
        self._added += 1
        return 0x1000 + self._added

    def put(self, person: Person) -> None:
        """Add a person, or replace the one with the same short name."""
        self._people[person.key] = person
        self._index()

    def remove(self, key: str) -> None:
        """Delete a person; unknown ones are none to delete."""
        self._people.pop(key, None)
        self._index()

    def current(self, account: Person) -> Person | None:
        """An account that was seen before, as it is now; None if it was deleted."""
        person = self._people.get(account.key)
        if person is None or person.account == account.account:
            return person
        for guest in person.guest_in:
            if (guest.tenant, guest.oid) == (account.tenant, account.oid):
                return person.as_guest(guest)
        return None

    def named(self, name: str) -> Person | None:
        """Whom a typed name or a `login_hint` means: the short name, the sign-in name, or the opaque hint; or nobody.

        A mail address that is not the sign-in name finds nobody: Microsoft looks accounts up by sign-in name, and here
        two people hold the same mail address.
        """
        wanted = name.strip()
        if wanted.startswith("O."):
            return self._by_account.get(_decoded(wanted[2:]))
        return self._people.get(wanted.lower()) or self._by_username.get(wanted.lower())

    def epoch(self, account: Person) -> int:
        """How often everything issued to this account was revoked."""
        return self._epochs[account.account]

    def revoke(self, account: Person) -> None:
        """End the sessions and refresh tokens of this account; its objects in other directories keep theirs."""
        self._epochs[account.account] += 1

    def _index(self) -> None:
        self._by_username = {person.username.lower(): person for person in self._people.values()}
        self._by_account = {person.account: person for person in self._people.values()}
        for person in self._people.values():
            for guest in person.guest_in:
                self._by_account[person.as_guest(guest).account] = person


def _decoded(encoded: str) -> str:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
