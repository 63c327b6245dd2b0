"""What applications keep about a user: read, and changed by JSON merge patch (RFC 7396)."""

from collections.abc import Mapping
from typing import Any

from broker.clock import Clock
from broker.errors import InvalidRequest, NotFound
from broker.events.catalogue import Event
from broker.events.trail import record
from broker.models.events import Requester
from broker.models.metadata import MOST_CHARACTERS, NO_METADATA, UserMetadata
from broker.store import metadata as rows
from broker.store import users
from broker.store.base import Store

MOST_DEPTH = 20


class Metadata:
    """The metadata of this deployment's users."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, user_id: str) -> UserMetadata:
        """What is kept about a user. Raises `NotFound`."""
        async with self._store.read() as connection:
            if await users.user(connection, user_id) is None:
                raise NotFound("user not found")
            return await rows.metadata(connection, user_id)

    async def patch(
        self,
        user_id: str,
        patches: Mapping[str, Mapping[str, Any] | None] | None,
        *,
        requester: Requester,
        actor: str,
        **by: str,
    ) -> UserMetadata:
        """Merge into `public`, `private` and `unsafe`, each for itself; `None` clears one, or all of them.

        Raises `NotFound`, `InvalidRequest`.
        """
        async with self._store.transaction() as connection:
            if await users.lock_user_row(connection, user_id) is None:
                raise NotFound("user not found")
            standing = await rows.metadata(connection, user_id)
            kept = NO_METADATA if patches is None else patched(standing, patches)
            if kept != standing:
                await rows.put_metadata(connection, user_id, kept)
                await users.note_change(connection, user_id, now=self._clock.now())
                await record(
                    connection,
                    Event.METADATA_CHANGED,
                    clock=self._clock,
                    user_id=user_id,
                    actor=actor,
                    requester=requester,
                    **_detail(by),
                )
        return kept


def _detail(by: Mapping[str, str]) -> dict[str, Any]:
    return dict(by)


def patched(standing: UserMetadata, patches: Mapping[str, Mapping[str, Any] | None]) -> UserMetadata:
    """Each object merged for itself, `None` clears it. Raises `InvalidRequest`."""
    fresh = {name: getattr(standing, name) for name in ("public", "private", "unsafe")}
    for name, patch in patches.items():
        merged = None if patch is None else merge(fresh[name] or {}, patch)
        if len(rows.written(merged) or "") > MOST_CHARACTERS:
            raise InvalidRequest(f"{name}_metadata must not exceed {MOST_CHARACTERS} characters")
        fresh[name] = merged or None
    return UserMetadata(**fresh)


def merge(target: Mapping[str, Any], patch: Mapping[str, Any], *, depth: int = 0) -> dict[str, Any]:
    """RFC 7396 section 2: `null` removes a member, an object is merged, anything else replaces. Raises
    `InvalidRequest`.
    """
    if depth > MOST_DEPTH:
        raise InvalidRequest("the metadata is nested too deeply")
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            standing = merged.get(name)
            merged[name] = merge(standing if isinstance(standing, dict) else {}, value, depth=depth + 1)
        else:
            merged[name] = value
    return merged
