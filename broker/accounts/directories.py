"""The directories that configured domains stand for: kept for every replica, changed by nobody but the operator.

Who lets a domain lapse does not lose their application to whoever registers it next: the GUID of the directory is kept
from the first person of it who proved themselves, and another one only waits here until `broker doctor --accept`.
"""

from broker.clock import Clock
from broker.errors import NotFound
from broker.models.directories import KnownDirectory
from broker.store import directories as rows
from broker.store.base import Store
from broker.telemetry.logging import get_logger


class KeptDirectories:
    """What providers know of domains, in the store; the `DirectoryMemory` that they are built with."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def kept(self, *, provider: str, cloud: str, domain: str) -> str | None:
        """The GUID that counts. Raises `StoreUnavailable`."""
        async with self._store.read() as connection:
            found = await rows.directory(connection, provider, cloud, domain)
        return None if found is None else found.guid

    async def keep(self, *, provider: str, cloud: str, domain: str, guid: str) -> str:
        """Keep this GUID unless one is kept; answers the one that counts. Raises `StoreUnavailable`."""
        new = KnownDirectory(provider=provider, cloud=cloud, domain=domain, guid=guid, first_seen_at=self._clock.now())
        async with self._store.transaction() as connection:
            await rows.keep_directory(connection, new)
            found = await rows.directory(connection, provider, cloud, domain)
        return guid if found is None else found.guid

    async def note_change(self, *, provider: str, cloud: str, domain: str, guid: str) -> None:
        """Write another GUID into the row that stands already, once, and tell the log. Raises `StoreUnavailable`.

        This may happen before anybody proved anything; it adds no row, and the provider itself is who said it.
        """
        async with self._store.read() as connection:
            known = await rows.directory(connection, provider, cloud, domain)
        if known is None or guid in (known.guid, known.changed_guid):
            return
        async with self._store.transaction() as connection:
            is_news = await rows.note_other_directory(
                connection, provider, cloud, domain, guid=guid, now=self._clock.now()
            )
        if is_news:
            get_logger().warning(
                "a domain stands for another directory than before",
                provider=provider,
                domain=domain,
                kept=known.guid,
                named_now=guid,
                remedy=f"find out who has the domain; if that is right: broker doctor --accept {domain}",
            )

    async def pending(self) -> list[KnownDirectory]:
        """Changes that wait for the operator. Raises `StoreUnavailable`."""
        async with self._store.read() as connection:
            return await rows.changed_directories(connection)

    async def accept(self, change: KnownDirectory) -> None:
        """Let the new GUID of this very change count. Raises `NotFound` if it is not what waits; `StoreUnavailable`."""
        async with self._store.transaction() as connection:
            accepted = change.changed_guid is not None and await rows.accept_directory(
                connection,
                change.provider,
                change.cloud,
                change.domain,
                guid=change.changed_guid,
                now=self._clock.now(),
            )
        if not accepted:
            raise NotFound("no such change waits")
