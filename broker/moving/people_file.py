"""People in a file: the JSON that Hanko exports, or ours, which is the same with all that Hanko's lacks."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from broker.clock import Clock
from broker.crypto import named_id, random_uuid
from broker.errors import InvalidRequest
from broker.models.identities import BELIEVED, IMPORTED, IMPORTED_PROVEN, OPERATOR, PARTED, Identity
from broker.models.imports import ImportedIdentity, ImportedUser
from broker.models.metadata import UserMetadata
from broker.models.users import Email, User, UserProfile
from broker.protocol.addresses import canonical_address
from broker.protocol.strict_json import JsonInvalid, parse_object

MOST_BYTES = 512 * 1024 * 1024
_MOST_DEPTH = 64
_PROOFS = frozenset(
    ("xms_edov", "trusted_tenant", "email_verified", "upn", BELIEVED, OPERATOR, IMPORTED, IMPORTED_PROVEN, PARTED)
)
"""What may speak for an address: whatever else a verified one named would count as a proof of its mailbox."""
_KEPT = ("password", "webauthn_credentials", "otp_secret", "username")
"""What Hanko exports and has no meaning here: nobody signs in by it."""


def people_in(text: str, *, clock: Clock, proven: str | None = None) -> Iterator[ImportedUser]:
    """Everybody in the file. `proven`: what a verified address counts as where the file does not say.

    Raises `InvalidRequest`, which names the record.
    """
    try:
        entries = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        raise InvalidRequest(f"the file is no JSON: {error}") from error
    except RecursionError as error:
        raise InvalidRequest("the file is nested too deep") from error
    if not isinstance(entries, list):
        raise InvalidRequest("the file holds no list of users")
    seen: set[str] = set()
    for position, entry in enumerate(entries, start=1):
        place = f"user {position}"
        if not isinstance(entry, dict):
            raise InvalidRequest(f"{place}: is no object")
        person = _Entry(entry, place, clock, proven or IMPORTED).person()
        if person.user.id in seen:
            raise InvalidRequest(f"{place}: the id {person.user.id} stands in the file twice")
        seen.add(person.user.id)
        yield person


def _no_number(_word: str) -> None:
    raise ValueError("a number that JSON does not have")  # kept, it would break every answer that shows it


def ignored_members(text: str) -> dict[str, int]:
    """How often the file has what nothing here can take over."""
    entries = json.loads(text)
    return {name: found for name in _KEPT if (found := sum(bool(entry.get(name)) for entry in entries))}


class _Entry:
    def __init__(self, entry: Mapping[str, Any], place: str, clock: Clock, proven: str) -> None:
        self._entry = entry
        self._place = place
        self._now = clock.now()
        self._proven = proven

    def person(self) -> ImportedUser:
        user_id = self._id(self._entry, "user_id") or self._id_by_address()
        place = f"{self._place} ({user_id})"
        created = self._time(self._entry, "created_at") or self._now
        user = User(
            id=user_id,
            name=self._text("name"),
            given_name=self._text("given_name"),
            family_name=self._text("family_name"),
            picture=self._text("picture"),
            created_at=created,
            updated_at=self._time(self._entry, "updated_at") or created,
            locked_at=self._time(self._entry, "locked_at"),
            external_id=self._text("external_id"),
            locale=self._text("locale"),
        )
        emails = tuple(self._email(each, user) for each in self._list("emails"))
        if sum(email.is_primary for email in emails) > 1:
            raise self._wrong("has several primary addresses")
        if len({email.address for email in emails}) < len(emails):
            raise self._wrong("has an address twice")
        return ImportedUser(
            place=place,
            user=user,
            emails=emails,
            identities=tuple(self._identity(each, user) for each in self._list("identities")),
            unmatched=tuple(self._waiting(each, user) for each in self._list("imported_identities")),
            metadata=self._metadata(),
        )

    def _id_by_address(self) -> str:
        """Without an id, the same one each time for the same addresses: running an import again adds nobody twice."""
        addresses = sorted(str(each.get("address")).lower() for each in self._list("emails"))
        return named_id(f"imported:{' '.join(addresses)}") if addresses else random_uuid()

    def _email(self, entry: Mapping[str, Any], user: User) -> Email:
        unverified = entry.get("address")
        address = canonical_address(unverified) if isinstance(unverified, str) else None
        if address is None:
            raise self._wrong("has an address that is none")
        is_verified = entry.get("is_verified") is True
        # Nothing is verified by nothing: an address that nobody holds could be shown as two people's.
        proof = entry.get("verified_by") or (self._proven if is_verified else None)
        if proof is not None and not (isinstance(proof, str) and proof in _PROOFS):
            raise self._wrong(f"verified_by of {address} is none of {', '.join(sorted(_PROOFS))}")
        created = self._time(entry, "created_at") or user.created_at
        return Email(
            id=self._id(entry, "id") or random_uuid(),
            user_id=user.id,
            address=address,
            is_primary=entry.get("is_primary") is True,
            is_verified=is_verified,
            verified_by=proof,
            created_at=created,
            updated_at=self._time(entry, "updated_at") or created,
        )

    def _identity(self, entry: Mapping[str, Any], user: User) -> Identity:
        created = self._time(entry, "created_at") or user.created_at
        missing = entry.get("missing_claims", [])
        return Identity(
            id=self._needed_id(entry, "id"),
            user_id=user.id,
            provider=self._needed(entry, "provider"),
            subject_key=self._needed(entry, "subject_key"),
            subject=self._needed(entry, "subject"),
            provider_client_id=self._needed(entry, "provider_client_id"),
            tenant=self._text_of(entry, "tenant"),
            address=self._text_of(entry, "address"),
            emulator=entry.get("emulator") is True,
            created_at=created,
            last_sign_in_at=self._time(entry, "last_sign_in_at") or created,
            missing_claims=tuple(each for each in missing if isinstance(each, str)),
        )

    def _waiting(self, entry: Mapping[str, Any], user: User) -> ImportedIdentity:
        return ImportedIdentity(
            id=self._needed_id(entry, "id"),
            user_id=user.id,
            provider=self._needed(entry, "provider"),
            issuer=self._needed(entry, "issuer"),
            subject=self._needed(entry, "subject"),
            provider_client_id=self._needed(entry, "provider_client_id"),
            address=self._text_of(entry, "address"),
            created_at=self._time(entry, "created_at") or user.created_at,
        )

    def _metadata(self) -> UserMetadata:
        found = self._entry.get("metadata")
        if not isinstance(found, dict):
            return UserMetadata()
        parts = {name: found.get(f"{name}_metadata") for name in ("public", "private", "unsafe")}
        kept = {name: part for name, part in parts.items() if isinstance(part, dict) and part}
        for name, part in kept.items():
            try:  # what can be kept here; the rest would break every answer that shows it
                parse_object(json.dumps(part), max_bytes=MOST_BYTES, max_depth=_MOST_DEPTH)
            except JsonInvalid as error:
                raise self._wrong(f"{name}_metadata cannot be kept: {error}") from error
        return UserMetadata(**kept)

    def _list(self, name: str) -> list[Mapping[str, Any]]:
        found = self._entry.get(name) or []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self._wrong(f"{name} is no list of objects")
        return found

    def _text(self, name: str) -> str | None:
        found = self._entry.get(name)
        return found if isinstance(found, str) and found else None

    def _text_of(self, entry: Mapping[str, Any], name: str) -> str | None:
        found = entry.get(name)
        if found is not None and not isinstance(found, str):
            raise self._wrong(f"{name} is no text")
        return found

    def _needed(self, entry: Mapping[str, Any], name: str) -> str:
        found = entry.get(name)
        if not isinstance(found, str) or not found:
            raise self._wrong(f"an identity without {name}")
        return found

    def _needed_id(self, entry: Mapping[str, Any], name: str) -> str:
        found = self._id(entry, name)
        if found is None:
            raise self._wrong(f"an identity without {name}")
        return found

    def _id(self, entry: Mapping[str, Any], name: str) -> str | None:
        found = entry.get(name)
        if found is None or found == "":
            return None
        try:
            return str(UUID(found))
        except (ValueError, AttributeError, TypeError) as error:
            raise self._wrong(f"{name} is no UUID") from error

    def _time(self, entry: Mapping[str, Any], name: str) -> int | None:
        found = entry.get(name)
        if found is None:
            return None
        try:
            moment = datetime.fromisoformat(found)
            # Also as it will be shown: an offset can lead out of all years.
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise self._wrong(f"{name} is no time as in 2026-01-02T03:04:05Z") from error
        return int(moment.timestamp())

    def _wrong(self, text: str) -> InvalidRequest:
        return InvalidRequest(f"{self._place}: {text}")


def exported(profile: UserProfile, kept: UserMetadata, waiting: list[ImportedIdentity]) -> dict[str, Any]:
    """One user as our export writes them."""
    user = profile.user
    content: dict[str, Any] = {
        "user_id": user.id,
        "emails": [_exported_email(email) for email in profile.emails],
        "created_at": _spelled(user.created_at),
        "updated_at": _spelled(user.updated_at),
        "name": user.name,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "picture": user.picture,
        "locked_at": None if user.locked_at is None else _spelled(user.locked_at),
        "external_id": user.external_id,
        "locale": user.locale,
        "identities": [_exported_identity(identity) for identity in profile.identities],
        "imported_identities": [_exported_waiting(each) for each in waiting],
        "metadata": {
            f"{name}_metadata": part
            for name, part in (("public", kept.public), ("private", kept.private), ("unsafe", kept.unsafe))
            if part
        },
    }
    return {name: value for name, value in content.items() if value not in (None, [], {})}


def _exported_email(email: Email) -> dict[str, Any]:
    return {
        "id": email.id,
        "address": email.address,
        "is_primary": email.is_primary,
        "is_verified": email.is_verified,
        "verified_by": email.verified_by,
        "created_at": _spelled(email.created_at),
        "updated_at": _spelled(email.updated_at),
    }


def _exported_identity(identity: Identity) -> dict[str, Any]:
    return {
        "id": identity.id,
        "provider": identity.provider,
        "subject_key": identity.subject_key,
        "subject": identity.subject,
        "provider_client_id": identity.provider_client_id,
        "tenant": identity.tenant,
        "address": identity.address,
        "emulator": identity.emulator,
        "created_at": _spelled(identity.created_at),
        "last_sign_in_at": _spelled(identity.last_sign_in_at),
        "missing_claims": list(identity.missing_claims),
    }


def _exported_waiting(waiting: ImportedIdentity) -> dict[str, Any]:
    return {
        "id": waiting.id,
        "provider": waiting.provider,
        "issuer": waiting.issuer,
        "subject": waiting.subject,
        "provider_client_id": waiting.provider_client_id,
        "address": waiting.address,
        "created_at": _spelled(waiting.created_at),
    }


def _spelled(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19] + "Z"
