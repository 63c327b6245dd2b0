"""What other processes do in tests of the store: `python -m tests.store.child TASK URL ARGUMENT`."""

import asyncio
import os
import resource
import sys
from collections.abc import Awaitable, Callable

from broker.errors import StoreUnavailable
from broker.store.migrate import migrate
from broker.store.users import insert_user, set_locked
from tests.databases import open_test_store
from tests.store.rows import NOW, a_user


def say(line: str) -> None:
    """At once: whoever listens may kill us next."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def write_until_killed(url: str, name: str) -> None:
    """Print the id of each user whose transaction has been committed, after it has been."""
    store = await open_test_store(url)
    while True:
        user = a_user(name=name)
        async with store.transaction() as c:
            await insert_user(c, user)
        say(user.id)


async def bring_up_to_date(url: str, _argument: str) -> None:
    """Print the names of the migrations that were applied here."""
    store = await open_test_store(url)
    say(" ".join(await migrate(store)))
    await store.close()


async def lock_a_user(url: str, user_id: str) -> None:
    """What the command line does beside a running server."""
    store = await open_test_store(url)
    async with store.transaction() as c:
        await set_locked(c, user_id, locked_at=NOW, now=NOW)
    await store.close()


async def fill_the_disk(url: str, limit: str) -> None:
    """No file may grow beyond so many bytes: what a full disk is to SQLite. Print how it ended, and how it went on."""
    store = await open_test_store(url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    committed = 0
    try:
        while True:
            async with store.transaction() as c:
                await insert_user(c, a_user(name="x" * 10_000))
            committed += 1
    except StoreUnavailable as error:
        say(f"refused: {error.detail}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    async with store.transaction() as c:
        await insert_user(c, a_user())
        row = await c.fetch_one("SELECT count(*) AS users FROM users")
    assert row is not None
    say(f"lost: {committed + 1 - row['users']}")
    await store.close()


async def open_without_permission(url: str, _argument: str) -> None:
    """As somebody who may read the file and not write it. Print what opening it says."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        await open_test_store(url)
    except StoreUnavailable as error:
        say(f"refused: {error.detail}")


TASKS: tuple[Callable[[str, str], Awaitable[None]], ...] = (
    write_until_killed,
    bring_up_to_date,
    lock_a_user,
    fill_the_disk,
    open_without_permission,
)


async def main(task: str, url: str, argument: str) -> None:
    await next(each for each in TASKS if getattr(each, "__name__", "") == task)(url, argument)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
