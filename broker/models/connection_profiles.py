"""A connection profile: how an application knows a person by one connection, apart from the user that they are here."""

from dataclasses import dataclass

from broker.models.identities import Identity
from broker.models.users import UserProfile


@dataclass(frozen=True, kw_only=True)
class ConnectionProfile:
    """`id` never changes for this identity and connection."""

    id: str
    connection_id: str
    organization_id: str | None
    identity: Identity
    person: UserProfile
