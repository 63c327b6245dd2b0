"""People in a Hanko database: from its rows to ours, as far as the issuer of each identity can be told."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.models.identities import IMPORTED
from broker.models.imports import ImportedIdentity, ImportedUser
from broker.models.metadata import UserMetadata
from broker.models.users import Email, User
from broker.protocol.addresses import canonical_address
from broker.store.base import Row
from broker.store.hanko_tables import HankoTables, HankoUser, claims_of


@dataclass(frozen=True, kw_only=True)
class Party:
    """Who a provider's subjects belong to here: our provider's id, its client id, and its issuer where it has one.

    Microsoft has an issuer a directory: `issuer` is `None`, and that of the identity's own claims counts.
    """

    provider: str
    provider_client_id: str
    issuer: str | None


@dataclass
class LeftOut:
    """What could not be brought along, and how often."""

    identities: dict[str, int] = field(default_factory=dict)
    addresses: int = 0

    def identity(self, why: str) -> None:
        """Count one."""
        self.identities[why] = self.identities.get(why, 0) + 1


class HankoPeople:
    """Everybody in a database; `parties` by Hanko's provider id, `proven` what its verified addresses count as."""

    def __init__(self, tables: HankoTables, parties: Mapping[str, Party], *, proven: str | None = None) -> None:
        self.left_out = LeftOut()
        self._tables = tables
        self._parties = parties
        self._proven = proven or IMPORTED

    async def people(self) -> AsyncIterator[ImportedUser]:
        """One after another, by id."""
        async for found in self._tables.users():
            yield self._person(found)

    def _person(self, found: HankoUser) -> ImportedUser:
        row = found.row
        user = User(
            id=row["id"],
            name=row["name"] or None,
            given_name=row["given_name"] or None,
            family_name=row["family_name"] or None,
            picture=row["picture"] or None,
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            locked_at=None,
        )
        emails = [self._email(each) for each in found.emails]
        waiting = [self._identity(each, user.id) for each in found.identities]
        return ImportedUser(
            place=user.id,
            user=user,
            emails=tuple(each for each in emails if each is not None),
            unmatched=tuple(each for each in waiting if each is not None),
            metadata=_metadata(found.metadata),
        )

    def _email(self, row: Row) -> Email | None:
        address = canonical_address(row["address"])
        if address is None:
            self.left_out.addresses += 1
            return None
        return Email(
            id=row["id"],
            user_id=row["user_id"],
            address=address,
            is_primary=bool(row["is_primary"]),
            is_verified=bool(row["verified"]),
            verified_by=self._proven if row["verified"] else None,
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    def _identity(self, row: Row, user_id: str) -> ImportedIdentity | None:
        party = self._parties.get(row["provider_id"])
        if party is None:
            self.left_out.identity(f"there is no provider here for {row['provider_id']}")
            return None
        issuer = party.issuer or _text(claims_of(row).get("iss"))
        if issuer is None:
            self.left_out.identity(f"an identity of {row['provider_id']} does not say who its issuer is")
            return None
        return ImportedIdentity(
            id=row["id"],
            user_id=user_id,
            provider=party.provider,
            issuer=issuer,
            subject=row["provider_user_id"],
            provider_client_id=party.provider_client_id,
            address=canonical_address(row["address"]) if row["address"] else None,
            created_at=row["created_at"],
        )


def _metadata(row: Row | None) -> UserMetadata:
    if row is None:
        return UserMetadata()
    parts = {name: _object(row[f"{name}_metadata"]) for name in ("public", "private", "unsafe")}
    return UserMetadata(**parts)


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and found else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
