"""A page's script reads its person's token where the operator listed the page, and no other page's script does."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.house import House, pick, running_house

pytestmark = pytest.mark.browser

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


async def test_script_reads_the_token_where_its_page_is_listed_and_only_there(
    chromium: Browser, tmp_path: Path
) -> None:
    async with running_house(tmp_path, changes=keeping("https://app.example.com")) as house:
        context = await chromium.new_context()
        page = await context.new_page()
        await page.goto(house.start_url())
        await pick(page, "Alice Alder")
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()
        assert (await read(page, house))["status"] == 0, "CORS lists this page, and that does not count here"
        await house.broker.reload(keeping(house.demo))
        answer = await read(page, house)
        assert (answer["status"], answer["body"]["token_type"]) == (200, "Bearer")
        await page.goto(house.emulator.base_url)
        assert (await read(page, house))["status"] == 0, (
            "the cookie goes along, and another page's script reads nothing"
        )
        await context.close()
