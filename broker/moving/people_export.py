"""Everybody as JSON, whole: in the format that Hanko exports, extended by what it lacks."""

import json
from collections.abc import Callable

from broker.moving.people_file import exported
from broker.store import imports, users
from broker.store import metadata as metadata_rows
from broker.store.base import Store

PAGE = 200


async def people_as_json(store: Store, progress: Callable[[int], None]) -> str:
    """A list with one user a line; `progress` is told how many were written."""
    lines: list[str] = []
    after: str | None = None
    while True:
        async with store.read() as connection:
            page = await users.profiles(connection, after=after, limit=PAGE)
            for profile in page:
                kept = await metadata_rows.metadata(connection, profile.user.id)
                waiting = await imports.imported_of(connection, profile.user.id)
                lines.append(json.dumps(exported(profile, kept, waiting), ensure_ascii=False))
        if not page:
            return "[\n" + ",\n".join(lines) + "\n]\n"
        after = page[-1].user.id
        progress(len(lines))
