"""A running `broker serve` and its signals: a calm end, and a configuration that changes under people's sign-ins."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.browsers import Browser
from tests.cli.commands import Running, running
from tests.cli.houses import SECRET, House, a_house

RELOADED, REFUSED = "the configuration was reloaded", "the configuration was not reloaded"
OLD_SECRET, NEW_SECRET = SECRET, "a-secret-of-tests-that-is-long-enough-1"


@pytest.fixture
def draining(still_house: House) -> Iterator[tuple[House, Running]]:
    """With a grace that a test outlasts only by a second order to stop."""
    with still_house.serving(BROKER_SERVER__SHUTDOWN_GRACE="60s") as server:
        yield still_house, server


@pytest.fixture
def reloadable(still_house: House) -> Iterator[tuple[House, Running]]:
    """Its allowlist and secrets stand in the file."""
    for name in ("THIRD_PARTY__ALLOWED_REDIRECT_URLS", "THIRD_PARTY__ERROR_REDIRECT_URL"):
        del still_house.changes[f"BROKER_{name}"]
    app = still_house.app_url
    rewrite(still_house, ("http://localhost:8888/**", f"{app}/**"), ("http://localhost:8888/ ", f"{app}/ "))
    rewrite(still_house, ("  keys: []  ", f"  keys: [{OLD_SECRET}]  "))
    with still_house.serving() as server:
        yield still_house, server


def rewrite(house: House, *changes: tuple[str, str]) -> None:
    text = house.config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    house.config.write_text(text)


def reload(server: Running, *, said: str = RELOADED) -> None:
    already = sum(said in line for line in server.said)
    server.send(signal.SIGHUP)
    server.wait_for(said, times=already + 1)


async def is_ready(house: House, url: str) -> bool:
    async with house.browser() as browser:
        page = await browser.get(f"{url}/health/ready")
        assert page.status == (200 if json.loads(page.body)["ready"] else 503)
        return page.status == 200


async def until_draining(house: House) -> None:
    while await is_ready(house, house.url):
        pass


async def test_sign_in_that_comes_back_during_the_grace_is_answered(still_house: House) -> None:
    with still_house.serving(BROKER_SERVER__SHUTDOWN_GRACE="2s") as server:
        async with still_house.browser() as browser:
            start = await browser.start(login_hint="auto:alice", redirect_to=still_house.app_url + "/")
            server.send(signal.SIGTERM)
            await until_draining(still_house)
            assert not await is_ready(still_house, still_house.admin_url)
            page = await browser.get(start.location or "")
            page = await browser.get(page.location or "")
            assert page.location == still_house.app_url + "/"
            assert await still_house.is_valid(browser.cookie("hanko") or "")
        assert server.wait() == 0
        assert server.events[-1]["event"] == "stopped"


async def test_second_order_to_stop_is_obeyed_at_once(draining: tuple[House, Running]) -> None:
    house, server = draining
    server.send(signal.SIGTERM)
    await until_draining(house)
    while await answers(house):
        server.send(signal.SIGTERM)
    assert server.wait() == 0


async def test_drain_says_how_long_it_takes_by_the_newest_configuration(reloadable: tuple[House, Running]) -> None:
    house, server = reloadable
    rewrite(house, ("shutdown_grace: 20s", "shutdown_grace: 300s"))
    reload(server)
    server.send(signal.SIGTERM)
    await until_draining(house)
    (said,) = [event for event in server.events if event["event"].startswith("draining")]
    assert (said["key"], said["seconds"]) == ("server.shutdown_grace", 300)
    assert server.stop(signal.SIGINT) == 0


async def test_ctrl_c_ends_a_drain_at_once(draining: tuple[House, Running]) -> None:
    house, server = draining
    server.send(signal.SIGTERM)
    await until_draining(house)
    assert server.stop(signal.SIGINT) == 0


async def answers(house: House) -> bool:
    try:
        await is_ready(house, house.url)
    except aiohttp.ClientConnectionError:
        return False
    return True


async def test_reload_admits_a_new_target_without_a_restart(reloadable: tuple[House, Running]) -> None:
    house, server = reloadable
    async with house.browser() as browser:
        under_way = await browser.at_callback("alice", redirect_to=house.app_url + "/")
        assert (await browser.start(redirect_to="https://new.example.com/page")).query["error"] == "invalid_request"
        rewrite(house, (f'["{house.app_url}/**"]', f'["{house.app_url}/**", "https://new.example.com/*"]'))
        reload(server)
        assert (await browser.get(under_way)).location == house.app_url + "/"
        page = await browser.sign_in("alice", redirect_to="https://new.example.com/page")
        assert page.location == "https://new.example.com/page"
        rewrite(house, (', "https://new.example.com/*"', ""))
        reload(server)
        assert (await browser.start(redirect_to="https://new.example.com/page")).query["error"] == "invalid_request"
    changed = [event["changed"] for event in server.events if event["event"] == RELOADED]
    assert changed == [["third_party.allowed_redirect_urls"]] * 2


async def test_bad_file_changes_nothing_and_every_mistake_is_told(reloadable: tuple[House, Running]) -> None:
    house, server = reloadable
    good = house.config.read_text()
    async with house.browser() as browser:
        under_way = await browser.at_callback("alice", redirect_to=house.app_url + "/")
        rewrite(
            house,
            ("limit: 5 ", "limit: 0 "),
            (f"{house.app_url}/**", "https://{a,b}.example/"),
            ("level: info", "level: x"),
        )
        server.send(signal.SIGHUP)
        server.wait_for(REFUSED, times=3)
        assert (await browser.get(under_way)).location == house.app_url + "/"
        assert (await house.sign_in(browser, "bob")).location == house.app_url + "/"
    mistakes = [event["mistake"] for event in server.events if event["event"] == REFUSED]
    assert len(mistakes) == 3
    for key in ("third_party.allowed_redirect_urls[0]: braces", "session.limit: ", "log.level: "):
        assert any(mistake.startswith("config.yaml:") and f": {key}" in mistake for mistake in mistakes)
    house.config.write_text(good)
    reload(server)


async def test_change_that_needs_a_restart_is_named(reloadable: tuple[House, Running]) -> None:
    house, server = reloadable
    rewrite(house, ("sqlite:///broker.db", "sqlite:///other.db"), ("name: Identity Broker", "name: Ours"))
    reload(server)
    line = json.loads(server.wait_for("some changes wait for the next start"))
    assert line["keys"] == ["database.url"]
    assert await house.is_valid(await house.signed_in("alice"))
    assert not (house.folder / "other.db").exists()


async def test_sign_in_survives_a_rotation_of_the_secrets(reloadable: tuple[House, Running]) -> None:
    house, server = reloadable
    async with house.browser() as browser:
        before = await browser.at_callback("alice", redirect_to=house.app_url + "/")
        rewrite(house, (f"keys: [{OLD_SECRET}]", f"keys: [{NEW_SECRET}, {OLD_SECRET}]"))
        reload(server)
        assert (await browser.get(before)).location == house.app_url + "/"
        first = browser.cookie("hanko") or ""
    assert await house.is_valid(first)
    assert await house.is_valid(await house.signed_in("bob"))


async def test_secret_in_a_file_is_used_as_it_is_now(still_house: House, tmp_path: Path) -> None:
    """The client secret that the emulator takes, behind one that it refuses."""
    secret = tmp_path / "client-secret"
    secret.write_text("a-secret-that-has-expired\n")
    emulator = ("emulator", "--port", str(still_house.ports["emulator"]))
    microsoft = {
        "CLIENT_ID": "c11e0000-0000-4000-8000-00000000000c",
        "SECRET_FILE": str(secret),
        "CLOUD": "custom",
        "AUTHORITY": still_house.emulator_url,
    }
    changes = {f"BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT__{key}": value for key, value in microsoft.items()}
    with running(*emulator, folder=tmp_path), still_house.serving(**changes):
        async with still_house.browser() as browser:
            assert (await sign_in(still_house, browser)).startswith(still_house.app_url + "/?error=provider_misconfig")
            secret.write_text("emulator-secret\n")
            assert await sign_in(still_house, browser) == still_house.app_url + "/"


async def sign_in(house: House, browser: Browser) -> str:
    return (await house.sign_in(browser, "alice")).location or ""


def test_hang_up_ends_what_has_nothing_to_reload(tmp_path: Path) -> None:
    """A terminal that is closed takes `broker emulator`, `demo` and `dev` with it."""
    with a_house(tmp_path) as house, running("emulator", "--port", str(house.ports["app"]), folder=tmp_path) as process:
        assert process.stop(signal.SIGHUP) == 0


async def test_reload_changes_how_much_is_logged(reloadable: tuple[House, Running]) -> None:
    house, server = reloadable

    async def is_told_of_a_health_check() -> bool:
        async with house.browser() as browser:
            page = await browser.get("/health/alive", X_Request_Id=f"check-{len(server.said)}")
            asked = await browser.get("/me")
        server.wait_for(asked.headers["X-Request-Id"])
        return any(page.headers["X-Request-Id"] in line for line in server.said)

    assert not await is_told_of_a_health_check()
    rewrite(house, ("level: info", "level: debug"))
    reload(server)
    assert await is_told_of_a_health_check()
    rewrite(house, ("level: debug", "level: info"))
    reload(server)
    assert not await is_told_of_a_health_check()
