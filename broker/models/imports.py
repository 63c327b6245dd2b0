"""What is brought along from elsewhere: people with ids and dates, and identities that have yet to be recognised."""

from dataclasses import dataclass

from broker.models.identities import Identity
from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.users import Email, User


@dataclass(frozen=True, kw_only=True)
class ImportedIdentity:
    """An identity known by its subject alone. `issuer` and `provider_client_id` say whose subject that is."""

    id: str
    user_id: str
    provider: str
    issuer: str
    subject: str
    provider_client_id: str
    address: str | None
    created_at: int


@dataclass(frozen=True, kw_only=True)
class ImportedUser:
    """One person. `place` says where the record stands (a line, an id), for whoever has to look.

    `identities` are whole ones, from an export of ours; `unmatched` are known by subject alone.
    """

    place: str
    user: User
    emails: tuple[Email, ...] = ()
    identities: tuple[Identity, ...] = ()
    unmatched: tuple[ImportedIdentity, ...] = ()
    metadata: UserMetadata = NO_METADATA
