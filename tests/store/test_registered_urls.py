"""URLs and origins that programs registered: each once for an application, removed only by it."""

from dataclasses import replace
from typing import Any

import pytest

from broker.errors import NotUnique
from broker.models.registered_urls import RegisteredUrl
from broker.store import registered_urls as rows
from broker.store.base import Store
from tests.store.rows import NOW, an_id

URL = "https://app.example.com/callback"


def a_url(**changes: Any) -> RegisteredUrl:
    registered = RegisteredUrl(id=an_id(), client_id="client_01A", kind="redirect", url=URL, created_at=NOW)
    return replace(registered, **changes)


async def test_registered_urls_come_back_oldest_first(store: Store) -> None:
    first, second = a_url(), a_url(kind="origin", url="https://app.example.com")
    async with store.transaction() as connection:
        for registered in (first, second):
            await rows.insert_url(connection, registered)

        assert await rows.urls(connection) == tuple(sorted((first, second), key=lambda one: one.id))


async def test_application_registers_a_url_once_and_another_may_have_the_same(store: Store) -> None:
    async with store.transaction() as connection:
        await rows.insert_url(connection, a_url())
        await rows.insert_url(connection, a_url(client_id="client_02B"))
        await rows.insert_url(connection, a_url(kind="origin"))
    with pytest.raises(NotUnique):
        async with store.transaction() as connection:
            await rows.insert_url(connection, a_url())


async def test_only_its_own_application_removes_a_url_and_only_as_what_it_is(store: Store) -> None:
    registered = a_url()
    async with store.transaction() as connection:
        await rows.insert_url(connection, registered)

        assert not await rows.delete_url(connection, registered.id, client_id="client_02B", kind="redirect")
        assert not await rows.delete_url(connection, registered.id, client_id="client_01A", kind="origin")
        assert await rows.delete_url(connection, registered.id, client_id="client_01A", kind="redirect")
        assert not await rows.delete_url(connection, registered.id, client_id="client_01A", kind="redirect")
        assert await rows.urls(connection) == ()
