"""Who was here before finds the way that they came by first; nothing else depends on what a cookie says of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.contract.hosted.pages import APP, choices, choose, login_url
from tests.peers.microsoft import FIRST_CLIENT, SECRET, MicrosoftPeer
from tests.stage import HTTPS_URL

MICROSOFT, ALDER = "Continue with Microsoft · emulator", "Continue with Alder"


def alder(emulator: MicrosoftPeer) -> dict[str, Any]:
    """A second provider: a directory of the emulator, spoken to as any OpenID Provider."""
    return {
        "enabled": True,
        "display_name": "Alder",
        "client_id": FIRST_CLIENT,
        "secret": SECRET,
        "issuer": f"{emulator.base_url}/a1de0000-0000-4000-8000-000000000001/v2.0",
        "use_discovery": True,
        "callback": "shared",
        "attribute_mapping": {"email": "upn", "email_verified": "xms_edov"},
    }


@pytest.fixture
async def broker(tmp_path: Path, emulator: MicrosoftPeer) -> AsyncIterator[RunningBroker]:
    changes = {
        "third_party.custom_providers": {"alder": alder(emulator)},
    }
    async with running_broker(base_dir=tmp_path, emulator=emulator, changes=changes) as running:
        yield running


async def test_provider_that_one_came_by_last_is_first_and_says_so(browser: Browser) -> None:
    first = await browser.get(login_url(login_hint="auto:alice"))
    assert list(choices(first)) == [MICROSOFT, ALDER]
    there = await choose(browser, first, ALDER)
    assert there.location == APP, there.text
    [cookie] = [each for each in there.set_cookies if each.startswith("last-provider=")]
    assert cookie == "last-provider=custom_alder; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax"
    assert list(choices(await browser.get(login_url()))) == [f"{ALDER} Last used", MICROSOFT]


async def test_failed_sign_in_leaves_no_trace_of_its_provider(browser: Browser) -> None:
    page = await browser.get(login_url(login_hint="auto:alice:cancel"))
    back = await choose(browser, page, ALDER)
    assert list(choices(back)) == [MICROSOFT, "Try again with Alder"]
    assert browser.cookie("last-provider") is None


@pytest.mark.parametrize(
    "forged", ["custom_alder; Domain=x", "custom_nobody", "<script>", "microsoft:00000000-0000-4000-8000-00000000000f"]
)
async def test_forged_cookie_of_the_last_provider_changes_an_order_and_nothing_else(
    browser: Browser, forged: str
) -> None:
    page = await browser.get(login_url(), Cookie=f"last-provider={forged}")
    assert page.status == 200
    assert {label.removesuffix(" Last used") for label in choices(page)} == {MICROSOFT, ALDER}
    assert "custom_nobody" not in page.text
    assert "<script>" not in page.text


async def test_sign_in_that_was_not_begun_on_the_page_is_not_remembered(browser: Browser) -> None:
    await browser.sign_in("alice")
    assert browser.cookie("last-provider") is None


async def test_behind_https_no_sibling_host_can_plant_the_cookie(tmp_path: Path, emulator: MicrosoftPeer) -> None:
    changes = {"third_party.custom_providers": {"alder": alder(emulator)}}
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, changes=changes, public_url=HTTPS_URL) as running,
        running.browser() as browser,
    ):
        for name, first in (("last-provider", MICROSOFT), ("__Host-last-provider", f"{ALDER} Last used")):
            page = await browser.get(login_url(), Cookie=f"{name}=custom_alder")
            assert next(iter(choices(page))) == first
