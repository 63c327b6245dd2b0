"""`broker dev`, as its first reader meets it: one command, a browser, and Ctrl-C."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from tests.chromium import IN_BROWSER
from tests.cli.commands import Running, running
from tests.cli.houses import House, a_house
from tests.e2e.house import SIGN_IN_LINK, pick

pytestmark = IN_BROWSER

OPTIONS = {"public": "--port", "admin": "--admin-port", "emulator": "--emulator-port", "app": "--app-port"}


@contextmanager
def broker_dev(house: House) -> Iterator[Running]:
    """The command as a process of its own; once the block begins it said that it is ready."""
    ports = [word for name, option in OPTIONS.items() for word in (option, str(house.ports[name]))]
    with running("dev", *ports, folder=house.folder, until="ready; Ctrl-C ends all") as process:
        yield process


async def sign_in_as_alice(page: Page, house: House) -> None:
    await page.goto(house.app_url)
    await page.get_by_role("link", name=SIGN_IN_LINK).click()
    await expect(page).to_have_url(re.compile(f"^{house.emulator_url}/"))
    await pick(page, "Alice Alder")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_alice_signs_in_and_out_and_ctrl_c_ends_it(tmp_path: Path, page: Page) -> None:
    with a_house(tmp_path) as house, broker_dev(house) as process:
        assert any(house.app_url in line and "open this one" in line for line in process.said)
        await sign_in_as_alice(page, house)
        await expect(page.locator("#whoami")).to_contain_text("alice@alder.example")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("status")).to_have_text("You are signed out.")
        # The browser still holds its connections open: they must not hold up the end.
        assert process.stop() == 0
        assert not any("Traceback" in line for line in process.said)


async def test_second_start_still_knows_who_is_signed_in(tmp_path: Path, page: Page) -> None:
    with a_house(tmp_path) as house:
        with broker_dev(house):
            await sign_in_as_alice(page, house)
        with broker_dev(house):
            await page.reload()
            await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
            await expect(page.locator("#whoami")).to_contain_text("alice@alder.example")
