"""A user: our record of a person, with the addresses that we know them by."""

from dataclasses import dataclass

from broker.models.identities import Identity

MOST_NAME_CHARACTERS = 512
"""Of a name, and of each part of one."""


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
    """A person. `locked_at` set means: may not sign in, and has no sessions."""

    id: str
    name: str | None
    given_name: str | None
    family_name: str | None
    picture: str | None
    created_at: int
    updated_at: int
    locked_at: int | None


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
