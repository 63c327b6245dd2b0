"""People from elsewhere move in: all of them in one transaction, or none; a second time changes nothing.

They keep ids, addresses, dates. Whoever is here already is left as they are: what they did here since counts more than
what another database remembers. An address that somebody else here holds is not taken from them; it is reported.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

from broker.clock import Clock
from broker.errors import BrokerError, InvalidRequest, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.imports import ImportedIdentity, ImportedUser
from broker.models.users import Email
from broker.store import audit, identities, imports, users
from broker.store import metadata as metadata_rows
from broker.store.base import Connection, Store

PROGRESS_EVERY = 250
PATIENCE = 600.0
MOST_NOTES = 1000
"""Of what is worth a look each is named, up to so many; the counts are always whole."""


@dataclass
class Report:
    """What came of it. `notes` name records that somebody should look at."""

    read: int = 0
    added: int = 0
    unchanged: int = 0
    addresses: int = 0
    identities: int = 0
    waiting: int = 0
    addresses_left_out: int = 0
    identities_left_out: int = 0
    differing: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, place: str, text: str) -> None:
        """Say something of one record."""
        if len(self.notes) < MOST_NOTES:
            self.notes.append(f"{place}: {text}")


class _OnlyTried(BrokerError):
    """Rolls back what was only tried."""


class MovingIn:
    """Brings people in."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def bring(
        self, people: AsyncIterator[ImportedUser], *, progress: Callable[[int], None], dry_run: bool = False
    ) -> Report:
        """Bring these people in; `progress` is told how many were read. With `dry_run` nothing stays.

        Whatever reading them raises goes through, and then nothing stays either.
        """
        report = Report()
        try:
            async with self._store.transaction(patience=PATIENCE) as connection:
                async for person in people:
                    await self._named(connection, person, report)
                    report.read += 1
                    if report.read % PROGRESS_EVERY == 0:
                        progress(report.read)
                await self._conclude(connection, report, dry_run=dry_run)
        except _OnlyTried:
            pass
        progress(report.read)
        return report

    async def _conclude(self, connection: Connection, report: Report, *, dry_run: bool) -> None:
        if dry_run:
            raise _OnlyTried
        brought = report.identities + report.waiting
        if report.added or brought:
            await record(
                connection,
                Event.PEOPLE_IMPORTED,
                clock=self._clock,
                actor="operator",
                added=report.added,
                identities=brought,
            )

    async def _named(self, connection: Connection, person: ImportedUser, report: Report) -> None:
        try:
            await self._one(connection, person, report)
        except NotUnique as error:
            raise InvalidRequest(
                f"{person.place}: an id of theirs names something else here, or stands twice"
            ) from error

    async def _one(self, connection: Connection, person: ImportedUser, report: Report) -> None:
        standing = await users.profile(connection, person.user.id)
        if standing is None:
            await users.insert_user(connection, person.user)
            await self._addresses(connection, person, report)
            if not person.metadata.is_empty:
                await metadata_rows.put_metadata(connection, person.user.id, person.metadata)
            report.added += 1
        else:
            theirs = {email.address for email in standing.emails}
            missing = sorted(email.address for email in person.emails if email.address not in theirs)
            report.unchanged += not missing
            if missing:
                report.differing += 1
                report.note(person.place, f"is here already, without {', '.join(missing)}: left as they are")
        await self._identities(connection, person, report)

    async def _addresses(self, connection: Connection, person: ImportedUser, report: Report) -> None:
        asked = [email.address for email in person.emails if email.verified_by is not None]
        held = {holder.address for holder in await users.holders(connection, asked)} if asked else set()
        kept: list[Email] = []
        for email in person.emails:
            if any(each.address == email.address for each in kept):
                report.addresses_left_out += 1
                report.note(person.place, f"{email.address} is theirs twice, in two spellings: kept once")
            elif email.address in held:
                report.addresses_left_out += 1
                report.note(person.place, f"{email.address} is somebody else's here: left out")
            else:
                kept.append(email)
        for email in _with_primary(kept, person):
            await users.insert_email(connection, email)
            report.addresses += 1

    async def _identities(self, connection: Connection, person: ImportedUser, report: Report) -> None:
        for identity in person.identities:
            standing = await identities.identity_by_key(connection, identity.provider, identity.subject_key)
            if standing is None:
                if not await self._is_parted(connection, person, identity.id, report):
                    await identities.insert_identity(connection, identity)
                    report.identities += 1
            elif standing.user_id != person.user.id:
                report.identities_left_out += 1
                report.note(person.place, f"identity {identity.id} is somebody else's here: left out")
        for waiting in person.unmatched:
            await self._waiting(connection, person, waiting, report)

    async def _waiting(
        self, connection: Connection, person: ImportedUser, waiting: ImportedIdentity, report: Report
    ) -> None:
        if await identities.identity_is_there(connection, waiting.id):
            return  # recognised by a sign-in since the last time
        if any(each.id == waiting.id for each in await imports.imported_of(connection, person.user.id)):
            return
        if await self._is_parted(connection, person, waiting.id, report):
            return
        if await imports.insert_imported(connection, waiting):
            report.waiting += 1
        else:
            report.identities_left_out += 1
            report.note(person.place, f"identity {waiting.id} is known here as somebody else's: left out")

    async def _is_parted(self, connection: Connection, person: ImportedUser, identity_id: str, report: Report) -> bool:
        """Whether its person has parted with it here. An import again must not let whoever took it back in."""
        kind = Event.IDENTITY_UNLINKED.value
        if identity_id not in await audit.identities_named(connection, kind, user_id=person.user.id):
            return False
        report.identities_left_out += 1
        report.note(person.place, f"identity {identity_id} was parted with here: left out")
        return True


def _with_primary(kept: list[Email], person: ImportedUser) -> list[Email]:
    """Where the address that named them is left out, the oldest that speaks for them does, as when one is released."""
    if any(each.is_primary for each in kept) or not any(each.is_primary for each in person.emails):
        return kept
    first = next((each for each in kept if each.verified_by is not None), None)
    return [replace(each, is_primary=True) if each is first else each for each in kept]
