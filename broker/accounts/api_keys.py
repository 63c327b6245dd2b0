"""Keys for the admin API: shown once, stored as a hash, found by the hash of the whole key."""

from dataclasses import dataclass

from broker.clock import Clock
from broker.crypto import new_id, opaque_token, token_hash
from broker.errors import Conflict, NotAuthenticated, NotFound, NotUnique
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.keys import ApiKey, Scope
from broker.store import keys as rows
from broker.store.base import Store

PREFIX = "bk_"
"""Lets a secret scanner find a key that somebody committed."""
TOUCH_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class CreatedApiKey:
    """The only time that the key itself is seen."""

    key: str
    record: ApiKey


class ApiKeys:
    """The keys that open the admin API."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self, name: str, *, lifetime: int | None = None, scopes: tuple[Scope, ...] | None = None
    ) -> CreatedApiKey:
        """A fresh key, for `lifetime` seconds; without `scopes` it opens all. Raises `Conflict`: the name is taken."""
        key, now = PREFIX + opaque_token(), self._clock.now()
        made = ApiKey(
            id=new_id(self._clock.now_ms()),
            name=name,
            key_hash=token_hash(key),
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
            last_used_at=None,
            scopes=scopes,
        )
        try:
            async with self._store.transaction() as connection:
                await rows.insert_api_key(connection, made)
                await record(connection, Event.API_KEY_CREATED, clock=self._clock, actor="operator", name=name)
        except NotUnique as error:
            raise Conflict(f"there is an API key named {name} already") from error
        return CreatedApiKey(key=key, record=made)

    async def list(self) -> list[ApiKey]:
        """All keys."""
        async with self._store.read() as connection:
            return await rows.api_keys(connection)

    async def revoke(self, id_or_name: str) -> None:
        """Delete a key. Raises `NotFound`."""
        async with self._store.transaction() as connection:
            if not await rows.delete_api_key(connection, id_or_name):
                raise NotFound(f"there is no API key {id_or_name}")
            await record(connection, Event.API_KEY_REVOKED, clock=self._clock, actor="operator", name=id_or_name)

    async def check(self, unverified_key: str) -> ApiKey:
        """The key's record. Raises `NotAuthenticated`."""
        async with self._store.read() as connection:
            found = await rows.api_key_by_hash(connection, token_hash(unverified_key))
        now = self._clock.now()
        if found is None or (found.expires_at is not None and now >= found.expires_at):
            raise NotAuthenticated("no such API key")
        if found.last_used_at is None or now - found.last_used_at >= TOUCH_SECONDS:
            async with self._store.transaction() as connection:
                await rows.touch_api_key(connection, found.id, now=now)
        return found
