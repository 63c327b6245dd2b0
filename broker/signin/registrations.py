"""What programs register for their application beside the configuration, and when that counts.

Nobody can register what would be a mistake in the configuration, and nobody for another application. Every replica
knows of a change within a second; the one that made it knows at once.
"""

import asyncio
from contextlib import suppress
from uuid import UUID

from broker.clock import Clock
from broker.crypto import named_id, new_id
from broker.errors import Conflict, InvalidRequest, NotFound, NotUnique, StoreUnavailable
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.applications import Application
from broker.models.events import By
from broker.models.registered_urls import RegisteredKind, RegisteredUrl
from broker.signin.applications import Applications
from broker.store import registered_urls as rows
from broker.store.base import Connection, Store
from broker.store.outbox import take_turn

KNOWN_SECONDS = 0.8
MOST_URLS = 100
"""Of a kind, for an application: every preflight asks all of them."""
IN_CONFIGURATION = "in_configuration"
_BEHIND_THE_TIME = (1 << 80) - 1


class Registrations:
    """The registered URLs and origins of this deployment."""

    def __init__(self, store: Store, clock: Clock, applications: Applications) -> None:
        self._store = store
        self._clock = clock
        self._applications = applications
        self._stored: tuple[RegisteredUrl, ...] = ()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def keep_up(self) -> None:
        """Know what was registered until a second ago; while the store cannot be asked, what was known counts on.

        Then it is asked once a second: if every request asked, one would wait for the other.
        """
        if self._is_stale():
            async with self._reading:
                if self._is_stale():
                    await self._read_or_wait()

    async def list(self, kind: RegisteredKind, application: Application) -> list[RegisteredUrl]:
        """What this application registered, and what the configuration says, which has no time and comes first."""
        async with self._store.read() as connection:
            return await _of(connection, kind, application)

    async def create(
        self, kind: RegisteredKind, application: Application, unverified_url: str, by: By
    ) -> RegisteredUrl:
        """Admit it from now on. Raises `InvalidRequest` (a mistake, or too many), `Conflict` where it is there."""
        mistake = self._applications.mistake_in(kind, unverified_url)
        if mistake is not None:
            raise InvalidRequest(mistake)
        url = unverified_url.removesuffix("/") if kind == "origin" else unverified_url
        registered = RegisteredUrl(
            id=new_id(self._clock.now_ms()),
            client_id=application.client_id,
            kind=kind,
            url=url,
            created_at=self._clock.now(),
        )
        try:
            async with self._store.transaction() as connection:
                # One after the other: of many at once each would find room for itself.
                await take_turn(connection, f"registered {application.client_id}", now=self._clock.now())
                there = await _of(connection, kind, application)
                if any(one.url == url for one in there):
                    raise Conflict("the application has it already")
                if len(there) >= MOST_URLS:
                    raise InvalidRequest(f"an application has {MOST_URLS} at most")
                await rows.insert_url(connection, registered)
                await self._note(connection, Event.URL_REGISTERED, registered, by)
        except NotUnique as error:
            raise Conflict("the application has it already") from error
        await self._read_now()
        return registered

    async def delete(self, kind: RegisteredKind, application: Application, url_id: str, by: By) -> None:
        """Admit it no longer. Raises `NotFound`, and `Conflict` for what only the configuration can take out."""
        if any(one.id == url_id for one in _configured(kind, application)):
            raise Conflict("it is in the configuration", code=IN_CONFIGURATION)
        found = next((one for one in await self.list(kind, application) if one.id == url_id), None)
        if found is None:
            raise NotFound("the application has registered nothing under this id")
        async with self._store.transaction() as connection:
            if not await rows.delete_url(connection, url_id, client_id=application.client_id, kind=kind):
                raise NotFound("the application has registered nothing under this id")
            await self._note(connection, Event.URL_REMOVED, found, by)
        await self._read_now()

    def _is_stale(self) -> bool:
        return self._clock.monotonic() - self._read_at > KNOWN_SECONDS

    async def _read_now(self) -> None:
        """What was just committed counts here at once; where it cannot be read, with the next request."""
        async with self._reading:
            self._read_at = float("-inf")
            with suppress(StoreUnavailable):
                await self._read()

    async def _read_or_wait(self) -> None:
        try:
            await self._read()
        except StoreUnavailable:
            self._read_at = self._clock.monotonic()

    async def _read(self) -> None:
        begun = self._clock.monotonic()
        async with self._store.read() as connection:
            stored = await rows.urls(connection)
        if stored != self._stored:
            self._applications.adopt(stored)
        self._stored, self._read_at = stored, begun

    async def _note(self, connection: Connection, event: Event, registered: RegisteredUrl, by: By) -> None:
        await record(
            connection,
            event,
            clock=self._clock,
            actor="operator",
            requester=by.requester,
            kind=registered.kind,
            url=registered.url,
            **by.named,
        )


async def _of(connection: Connection, kind: RegisteredKind, application: Application) -> list[RegisteredUrl]:
    stored = await rows.urls(connection)
    return [
        *_configured(kind, application),
        *(one for one in stored if (one.kind, one.client_id) == (kind, application.client_id)),
    ]


def is_default(registered: RegisteredUrl, application: Application) -> bool:
    """Whether sign-ins that name no place end there."""
    return registered.kind == "redirect" and registered.url == application.default_redirect_uri


def _id_of_old(name: str) -> str:
    """Always the same for the same name, and in a list before all ids that begin with their time."""
    return str(UUID(int=UUID(named_id(name)).int & _BEHIND_THE_TIME))


def _configured(kind: RegisteredKind, application: Application) -> list[RegisteredUrl]:
    urls = application.redirect_uris if kind == "redirect" else application.allowed_origins
    return [
        RegisteredUrl(
            id=_id_of_old(f"{application.client_id} {kind} {url}"),
            client_id=application.client_id,
            kind=kind,
            url=url,
            created_at=0,
        )
        for url in dict.fromkeys(urls)
    ]
