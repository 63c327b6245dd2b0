"""A change of configuration fails no sign-in under way: old and new overlap, and codes go only where they belong."""

import asyncio
from pathlib import Path

from broker.clock import FrozenClock
from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.peers.microsoft import MicrosoftPeer

MICROSOFT = "third_party.providers.microsoft"
OWN = {
    f"{MICROSOFT}.client_id": "c11e0000-0000-4000-8000-00000000000c",
    f"{MICROSOFT}.secret": "emulator-secret",
    f"{MICROSOFT}.cloud": "custom",
}
OTHER = {f"{MICROSOFT}.client_id": "c11e0000-0000-4000-8000-000000000002", f"{MICROSOFT}.tenant": "organizations"}


def _with_credentials(emulator: MicrosoftPeer) -> dict[str, object]:
    return {**OWN, f"{MICROSOFT}.authority": emulator.base_url}


async def test_a_sign_in_ends_at_the_registration_that_it_began_with(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    own = _with_credentials(emulator)
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=own) as broker,
        broker.browser() as before,
        broker.browser() as after,
    ):
        callback = await before.at_callback("alice")
        await broker.reload(OTHER)
        assert (await before.get(callback)).location == "http://localhost:8888/"
        assert (await after.sign_in("ivan")).location == "http://localhost:8888/"
        token_calls = [call for call in await emulator.requests() if call["path"].endswith("/token")]
        assert [call["form"]["client_id"][-2:] for call in token_calls] == ["0c", "02"]


async def test_a_registration_that_two_reloads_replaced_still_gets_its_codes(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    own = _with_credentials(emulator)
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=own) as broker, broker.browser() as browser:
        callback = await browser.at_callback("alice")
        await broker.reload(OTHER)
        await broker.reload({"service.name": "Another name"})
        assert (await browser.get(callback)).location == "http://localhost:8888/"


async def test_a_reload_while_discovery_is_down_fails_no_sign_in(
    broker: RunningBroker, browser: Browser, emulator: MicrosoftPeer
) -> None:
    await browser.sign_in("alice")
    callback = await browser.at_callback("bob")
    await emulator.fault("discovery", status=503, times=50)
    await emulator.fault("keys", status=503, times=50)
    await broker.reload({"service.name": "Another name"})
    assert (await browser.get(callback)).location == "http://localhost:8888/"
    assert (await browser.sign_in("carol")).location == "http://localhost:8888/"


async def test_of_two_reloads_at_once_the_later_is_in_force(broker: RunningBroker) -> None:
    pattern = "https://withdrawn.example/**"
    await asyncio.gather(
        broker.reload({"third_party.allowed_redirect_urls": [pattern]}),
        broker.reload({"third_party.allowed_redirect_urls": ["http://localhost:8888/**"]}),
    )
    assert not broker.application.broker.allowlist.explain("https://withdrawn.example/x").admitted


async def test_two_callbacks_around_a_reload_get_one_answer(
    broker: RunningBroker, browser: Browser, emulator: MicrosoftPeer
) -> None:
    callback = await browser.at_callback("alice")
    await emulator.fault("token", delay=0.5)
    first = asyncio.create_task(browser.get(callback))
    while not (await emulator.counters()).get("token"):
        pass
    await broker.reload({"service.name": "Another name"})
    second = await browser.get(callback)
    answers = [(page.location, page.set_cookies) for page in (await first, second)]
    assert answers[0] == answers[1]
    assert answers[0][0] == "http://localhost:8888/"


async def test_a_cookie_sealed_by_a_clock_that_is_a_little_ahead_is_read(
    tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    clock = FrozenClock()
    emulator.advance(clock.now() - emulator.emulator.clock.now())
    async with running_broker(base_dir=tmp_path, emulator=emulator, clock=clock) as broker, broker.browser() as browser:
        callback = await browser.at_callback("alice")
        clock.advance(-2)
        assert (await browser.get(callback)).location == "http://localhost:8888/"
