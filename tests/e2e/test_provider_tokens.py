"""A page's script reads its person's token where the operator listed the page, and no other page's script does."""

import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from broker.clock import FrozenClock
from tests.chromium import IN_BROWSER
from tests.e2e.house import House, pick, running_house

pytestmark = IN_BROWSER

KEYS = "third_party.providers.microsoft"
READ = """
async url => {
    try {
        const answer = await fetch(url, {credentials: "include"});
        return {status: answer.status, body: await answer.json()};
    } catch (error) {
        return {status: 0, body: {}};
    }
}
"""


def keeping(*origins: str) -> dict[str, Any]:
    return {f"{KEYS}.return_provider_tokens": True, f"{KEYS}.provider_tokens": {"by_session": True, "origins": origins}}


async def read(page: Page, house: House) -> Any:
    """What a script of this page is given."""
    return await page.evaluate(READ, f"{house.broker.url}/provider-tokens/microsoft")


async def consented(page: Page, house: House, name: str) -> None:
    await page.goto(house.start_url())
    await pick(page, name)
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


def later(house: House, clock: FrozenClock) -> None:
    """Access tokens have run out, sessions have not."""
    clock.advance(2 * 3600)
    house.emulator.advance(2 * 3600)


async def test_script_reads_the_token_where_its_page_is_listed_and_only_there(
    chromium: Browser, tmp_path: Path
) -> None:
    async with running_house(tmp_path, changes=keeping("https://app.example.com")) as house:
        context = await chromium.new_context()
        page = await context.new_page()
        await consented(page, house, "Alice Alder")
        assert (await read(page, house))["status"] == 0, "CORS lists this page, and that does not count here"
        await house.broker.reload(keeping(house.demo))
        answer = await read(page, house)
        assert (answer["status"], answer["body"]["token_type"]) == (200, "Bearer")
        await page.goto(house.emulator.base_url)
        assert (await read(page, house))["status"] == 0, (
            "the cookie goes along, and another page's script reads nothing"
        )
        await context.close()


async def test_who_owes_a_further_step_is_told_so_and_signing_in_again_with_it_done_mends_it(
    chromium: Browser, tmp_path: Path
) -> None:
    """Lena's organisation wants a second factor before a refresh; her page sends her to sign in once more."""
    clock = FrozenClock(int(time.time()))
    async with running_house(tmp_path, clock=clock) as house:
        await house.broker.reload(keeping(house.demo))
        context = await chromium.new_context()
        page = await context.new_page()
        await consented(page, house, "Lena Lang")
        assert (await read(page, house))["status"] == 200
        later(house, clock)
        refused = await read(page, house)
        assert (refused["status"], refused["body"]["error"]) == (409, "interaction_required")
        assert "claims" not in refused["body"]
        # The token ran out, she did not: her session goes on.
        await page.reload()
        await expect(page.get_by_role("heading", name="Lena Lang")).to_be_visible()
        # At Microsoft she registers a telephone.
        await house.emulator.people("lena", mfa_on_refresh=False)
        await page.goto(house.start_url())
        await pick(page, "Lena Lang")
        await expect(page.get_by_role("heading", name="Lena Lang")).to_be_visible()
        fresh = await read(page, house)
        assert fresh["status"] == 200
        later(house, clock)
        renewed = await read(page, house)
        assert renewed["status"] == 200
        assert renewed["body"]["access_token"] != fresh["body"]["access_token"]
        await context.close()
