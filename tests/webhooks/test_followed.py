"""A program that follows the list while servers write: it reads all of it once, each user's in the order of commits."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from broker.events.catalogue import Event
from broker.events.trail import record
from broker.web.workos import ids
from tests.contract.workos.applications import API_KEY, served
from tests.webhooks.receiver import Receiver
from tests.webhooks.stage import Stage, staged

NAMES = "user.created,user.updated,user.deleted"


async def behind(stage: Stage, cursor: str | None, *, limit: int = 7) -> list[dict[str, Any]]:
    """The page behind what the program worked on last."""
    query = f"events={NAMES}&limit={limit}" + ("" if cursor is None else f"&after={cursor}")
    async with stage.broker.browser() as program:
        page = await program.get(f"/events?{query}", Authorization=f"Bearer {API_KEY}")
    assert page.status == 200, page.text
    found: list[dict[str, Any]] = json.loads(page.body)["data"]
    return found


async def change(stage: Stage, user_id: str, number: int) -> None:
    """The name is the number, as the transaction leaves it."""
    async with stage.store.transaction() as connection:
        await connection.execute("UPDATE users SET name = $2 WHERE id = $1", user_id, str(number))
        await record(connection, Event.USER_CHANGED, clock=stage.clock, user_id=user_id)


async def test_program_that_follows_misses_nothing_while_two_servers_write(
    tmp_path: Path, receiver: Receiver, database_url: str
) -> None:
    async with (
        staged(tmp_path, receiver, database=database_url, changes=served()) as one,
        staged(tmp_path, receiver, database=database_url, changes=served(), clock=one.clock) as other,
    ):
        people = [await one.user() for _ in range(8)]
        written = asyncio.Event()
        read: list[dict[str, Any]] = []

        async def write(user_id: str) -> None:
            for number in range(10):
                await change((one, other)[number % 2], user_id, number)

        async def follow() -> None:
            last = False
            while not last:
                last = written.is_set()
                while page := await behind((one, other)[len(read) % 2], read[-1]["id"] if read else None):
                    read.extend(page)

        async def write_all() -> None:
            await asyncio.gather(*map(write, people))
            written.set()

        await asyncio.gather(write_all(), follow())

    assert len({event["id"] for event in read}) == len(read) == 80
    for person in people:
        own = [event["data"]["name"] for event in read if event["data"]["id"] == ids.spelled("user", person)]
        assert own == [str(number) for number in range(10)]


async def test_user_who_is_deleted_is_told_as_they_were_and_one_who_was_rolled_back_never(
    tmp_path: Path, receiver: Receiver, sqlite_url: str
) -> None:
    async with staged(tmp_path, receiver, database=sqlite_url, changes=served()) as stage:
        alice = await stage.user()
        await change(stage, alice, 1)

        async def fails() -> None:
            async with stage.store.transaction() as connection:
                await record(connection, Event.USER_CREATED, clock=stage.clock, user_id=alice)
                raise RuntimeError("too late")

        with pytest.raises(RuntimeError, match="too late"):
            await fails()
        await stage.broker.application.broker.users.delete(alice)
        read = await behind(stage, None)
    assert [(event["event"], event["data"]["name"]) for event in read] == [("user.updated", "1"), ("user.deleted", "1")]


async def test_somebody_without_an_address_is_told_of_with_an_empty_one(
    tmp_path: Path, receiver: Receiver, sqlite_url: str
) -> None:
    """These clients know nobody without: an event that cannot be told would hold up everything behind it."""
    async with staged(tmp_path, receiver, database=sqlite_url, changes=served()) as stage:
        alice = await stage.user()
        async with stage.store.transaction() as connection:
            await connection.execute("DELETE FROM emails WHERE user_id = $1", alice)
            await record(connection, Event.USER_CHANGED, clock=stage.clock, user_id=alice)
        (event,) = await behind(stage, None)
    assert (event["data"]["email"], event["data"]["email_verified"]) == ("", False)


async def test_nothing_is_kept_where_the_face_is_not_served(simple: Stage) -> None:
    await change(simple, await simple.user(), 1)
    assert await simple.rows("outbox") == []
    async with simple.broker.browser() as program:
        assert (await program.get(f"/events?events={NAMES}", Authorization=f"Bearer {API_KEY}")).status == 404


async def test_what_was_kept_is_gone_after_thirty_days(tmp_path: Path, receiver: Receiver, sqlite_url: str) -> None:
    async with staged(tmp_path, receiver, database=sqlite_url, changes=served()) as stage:
        await change(stage, await stage.user(), 1)
        stage.clock.advance(30 * 86_400 - 1)
        assert len(await behind(stage, None)) == 1
        stage.clock.advance(1)
        assert await behind(stage, None) == []


async def test_user_who_is_changed_in_two_ways_at_once_is_told_of_once(
    tmp_path: Path, receiver: Receiver, sqlite_url: str
) -> None:
    async with staged(tmp_path, receiver, database=sqlite_url, changes=served()) as stage:
        alice, bob = await stage.user(), await stage.user()
        async with stage.store.transaction() as connection:
            for user_id, event in (
                (alice, Event.USER_CHANGED),
                (bob, Event.USER_CHANGED),
                (alice, Event.ADDRESS_ADDED),
            ):
                await record(connection, event, clock=stage.clock, user_id=user_id)
        await stage.happened(alice)
        read = await behind(stage, None)
    assert [event["data"]["id"] for event in read] == [ids.spelled("user", each) for each in (alice, bob, alice)]
