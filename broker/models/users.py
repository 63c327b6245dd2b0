"""A user: our record of a person, with the addresses that we know them by."""

import unicodedata
from dataclasses import dataclass

from broker.models.identities import Identity
from broker.models.metadata import NO_METADATA, UserMetadata

MOST_NAME_CHARACTERS = 512
"""Of a name, and of each part of one."""
_UNWRITABLE = frozenset({"Cc", "Cs"})
"""Control characters, and halves of surrogate pairs: a NUL or a half cannot be stored, the others belong in no name."""


def is_writable(text: str) -> bool:
    """Whether a name, or anything else on one line, may hold this text."""
    return not any(unicodedata.category(each) in _UNWRITABLE for each in text)


@dataclass(frozen=True, kw_only=True)
class Email:
    """An address of a user; `verified_by` as in `AddressCandidate`, without it the address is only displayed."""

    id: str
    user_id: str
    address: str
    is_primary: bool
    is_verified: bool
    verified_by: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class User:
    """A person. `locked_at` set means: may not sign in, and has no sessions.

    `external_id` is what applications call them, and theirs alone; `locale` the language that an application says they
    read (BCP 47).
    """

    id: str
    name: str | None
    given_name: str | None
    family_name: str | None
    picture: str | None
    created_at: int
    updated_at: int
    locked_at: int | None
    external_id: str | None = None
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class UserProfile:
    """A user with everything that belongs to them, oldest first."""

    user: User
    emails: tuple[Email, ...]
    identities: tuple[Identity, ...]

    @property
    def primary_email(self) -> Email | None:
        """The address that names the user, if there is one."""
        return next((email for email in self.emails if email.is_primary), None)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user with what applications keep about them."""

    profile: UserProfile
    metadata: UserMetadata = NO_METADATA


@dataclass(frozen=True, kw_only=True)
class PeopleFilter:
    """Who is named by this address (in its canonical spelling; whoever holds it alone, if somebody does), and an active
    member there; `None` for anybody.
    """

    address: str | None = None
    organization_id: str | None = None
