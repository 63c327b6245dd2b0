"""The sign-in page in Chromium: in each language, window and scheme without a barrier; without script, by keyboard."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Page, expect

from tests.chromium import IN_BROWSER
from tests.e2e.house import House, pick, running_house, visitor
from tests.e2e.looking import DESK, PHONE, look_at, tab_to

pytestmark = IN_BROWSER

WORDS: Final = {
    "en": ("Sign in", "Continue with Microsoft · emulator", "Try again with Microsoft · emulator"),
    "de": ("Anmelden", "Weiter mit Microsoft · Emulator", "Erneut versuchen mit Microsoft · Emulator"),
    "fr": ("Se connecter", "Continuer avec Microsoft · émulateur", "Réessayer avec Microsoft · émulateur"),
    "es": ("Iniciar sesión", "Continuar con Microsoft · emulador", "Intentar de nuevo con Microsoft · emulador"),
    "ja": ("サインイン", "Microsoft · エミュレーター で続ける", "Microsoft · エミュレーター でもう一度試す"),
}
SVG: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="12"
fill="#2f6f4f"/><path d="M14 34V14h9a7 7 0 0 1 0 14h-4v6z" fill="#fff"/></svg>"""


OTHER: Final = {
    "third_party.custom_providers": {
        "alder": {
            "enabled": True,
            "display_name": "Alder Works",
            "client_id": "any",
            "secret": "any",
            "use_discovery": False,
            "claims_from": "userinfo",
            "issuer": "http://localhost:9",
            "authorization_endpoint": "http://localhost:9/authorize",
            "token_endpoint": "http://localhost:9/token",
            "userinfo_endpoint": "http://localhost:9/userinfo",
        }
    }
}
"""A second provider, to be seen and not asked."""


def login_url(house: House, **parameters: str) -> str:
    return f"{house.broker.url}/login?{urlencode({'redirect_to': f'{house.demo}/', **parameters})}"


@pytest.mark.npm
@pytest.mark.parametrize("language", WORDS)
async def test_page_has_no_barrier_in_any_language(tmp_path: Path, chromium: Browser, axe: str, language: str) -> None:
    (tmp_path / "logo.svg").write_text(SVG)
    changes = {"service.logo": str(tmp_path / "logo.svg"), "service.name": "Alder & Sons", **OTHER}
    windows = [(PHONE, "dark"), (DESK, "light"), (PHONE, "light"), (DESK, "dark")]
    async with running_house(tmp_path, changes=changes) as house:
        for size, scheme in windows if language == "en" else windows[:2]:
            async with visitor(chromium, viewport=size, color_scheme=scheme, locale=language) as context:
                await _look(await context.new_page(), house, language, axe=axe, size=size, scheme=scheme)


async def _look(page: Page, house: House, language: str, **window: Any) -> None:
    """At the page as it is at first, after a sign-in that failed, and as it greets who was here before."""
    title, choice, again = WORDS[language]
    await page.goto(login_url(house))
    await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == language
    await look_at(page, f"sign-in-{language}", **window)
    await page.get_by_role("link", name=choice, exact=True).click()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await look_at(page, f"sign-in-failed-{language}", **window)
    if language != "en":
        return
    await page.get_by_role("link", name=again, exact=True).click()
    await pick(page, "Alice Alder")
    await expect(page).to_have_url(f"{house.demo}/")
    await page.goto(login_url(house))
    first = page.get_by_role("main").get_by_role("link").first
    await expect(first).to_contain_text(choice)
    await look_at(page, f"sign-in-again-{language}", **window)


async def test_keyboard_alone_fails_and_tries_again(house: House, page: Page) -> None:
    _, choice, again = WORDS["en"]
    await page.goto(login_url(house))
    await tab_to(page, choice)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await tab_to(page, "Cancel")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Sign-in was cancelled.")
    await tab_to(page, again)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Pick an account")).to_be_visible()
    await tab_to(page, "Alice Alder")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{house.demo}/")
    await expect(page.get_by_role("heading", name="Alice Alder")).to_be_visible()


async def test_without_script_one_signs_in_and_fails_and_goes_back(house: House, chromium: Browser) -> None:
    async with visitor(chromium, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(login_url(house, error_redirect_to=f"{house.demo}/cancelled"))
        await page.get_by_role("link", name=WORDS["en"][1]).click()
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("alert")).to_contain_text("Sign-in was cancelled.")
        await expect(page).to_have_title("Sign-in did not work · Sign in · Identity Broker")
        back = await page.get_by_role("link", name="Go back without signing in").get_attribute("href")
        assert back is not None
        assert back.startswith(f"{house.demo}/cancelled?error=access_denied&")
        await page.get_by_role("link", name=WORDS["en"][2]).click()
        await pick(page, "Alice Alder")
        await expect(page).to_have_url(f"{house.demo}/")


async def test_page_runs_nothing_of_what_its_operator_wrote(tmp_path: Path, chromium: Browser) -> None:
    hostile = "<script>document.title='run'</script><b>Alder</b>"
    async with running_house(tmp_path, changes={"service.name": hostile}) as house, visitor(chromium) as context:
        page = await context.new_page()
        await page.goto(login_url(house))
        await expect(page.get_by_role("banner").or_(page.locator(".brand"))).to_have_text(hostile)
        assert await page.locator("main b, main script").count() == 0


async def test_page_fits_the_smallest_window_whatever_the_names(tmp_path: Path, chromium: Browser) -> None:
    """320 pixels wide, as a desk is that was enlarged four times (WCAG 2.2, 1.4.10)."""
    name = "Verband der Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstellen e. V."
    async with (
        running_house(tmp_path, changes={"service.name": name, **OTHER}) as house,
        visitor(chromium, viewport={"width": 320, "height": 256}, locale="de") as context,
    ):
        page = await context.new_page()
        await page.goto(login_url(house, login_hint="auto:alice:cancel"))
        await page.get_by_role("link", name=WORDS["de"][1]).click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 320
