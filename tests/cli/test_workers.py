"""`broker serve --workers 2`: two processes, one set of sockets, one end."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.commands import Running
from tests.cli.houses import House, a_house

READY = '"event": "ready"'


@pytest.fixture
def replicated(tmp_path: Path, empty_postgres_url: str) -> Iterator[tuple[House, Running]]:
    grace = {"BROKER_SERVER__SHUTDOWN_GRACE": "2s"}
    with a_house(tmp_path, database=empty_postgres_url, **grace) as house, house.serving("--workers", "2") as server:
        server.wait_for(READY, times=2)
        yield house, server


def workers(server: Running) -> list[psutil.Process]:
    return psutil.Process(server.pid).children()


@pytest.mark.postgres
async def test_two_workers_sign_people_in_and_end_together(replicated: tuple[House, Running]) -> None:
    house, server = replicated
    children = workers(server)
    assert len(children) == 2
    for person in ("alice", "bob", "dave", "mallory", "alice", "bob"):
        assert await house.is_valid(await house.signed_in(person))
    async with house.browser() as browser:
        under_way = await browser.at_callback("dave", redirect_to=house.app_url + "/")
        # As a service manager does: the parent and each child, so that every child hears of it twice.
        for process in (psutil.Process(server.pid), *children):
            process.send_signal(signal.SIGTERM)
        while (await browser.get("/health/ready")).status == 200:
            pass
        assert (await browser.get(under_way)).location == house.app_url + "/"
    assert server.wait() == 0
    assert not any(child.is_running() for child in children)
    assert len([event for event in server.events if event["event"] == "stopped"]) == 2


@pytest.mark.postgres
async def test_any_worker_tells_the_figures_of_all(replicated: tuple[House, Running]) -> None:
    """A scraper that keeps its connection always meets the same one, and would never hear of the others."""
    house, _ = replicated
    async with house.browser() as browser:
        page = await browser.get(f"{house.admin_url}/metrics")
    for worker in ("0", "1"):
        assert f'broker_start_time_seconds{{worker="{worker}"}}' in page.text


@pytest.mark.postgres
async def test_killed_worker_is_replaced_by_one_that_serves_the_configuration_of_now(
    replicated: tuple[House, Running],
) -> None:
    house, server = replicated
    token = await house.signed_in("alice")
    house.config.write_text(house.config.read_text().replace("name: hanko ", "name: ours "))
    server.send(signal.SIGHUP)
    server.wait_for("the configuration was reloaded", times=2)

    for child in workers(server):
        child.send_signal(signal.SIGKILL)
    server.wait_for(READY, times=4)
    assert len(workers(server)) == 2
    assert await house.is_valid(token)
    for _ in range(4):  # whichever of the two answers
        async with house.browser() as browser:
            assert (await house.sign_in(browser, "bob")).location == house.app_url + "/"
            assert browser.cookie_names() >= {"ours"}
    assert server.stop(signal.SIGINT) == 0


@pytest.mark.postgres
def test_workers_that_cannot_start_end_all_with_their_exit_code(tmp_path: Path, empty_postgres_url: str) -> None:
    with a_house(tmp_path, database=empty_postgres_url, BROKER_DATABASE__MIGRATE="false") as house:
        began = time.monotonic()
        done = house.broker("serve", "--workers", "2")
        assert done.code == 78
        assert "broker migrate" in done.errors
        assert time.monotonic() - began < 30


def test_workers_are_refused_on_sqlite(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        done = house.broker("serve", "--workers", "2")
        assert done.code == 78
        assert done.errors.startswith("several workers cannot share SQLite")
