"""What must hold of every page that people see, at every size and in both colour schemes."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.e2e.house import photograph

PHONE = {"width": 380, "height": 800}
DESK = {"width": 1280, "height": 900}
EVERY_WINDOW = pytest.mark.parametrize(
    ("size", "scheme"),
    [(size, scheme) for size in (PHONE, DESK) for scheme in ("light", "dark")],
    ids=["phone-light", "phone-dark", "desk-light", "desk-dark"],
)
BOTH_WINDOWS = pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"]
)
"""Each size and each scheme once, for pages made of what others are made of."""

_BARRIERS = """axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    .then(result => result.violations.map(found => [found.id, found.nodes.map(node => node.html)]))"""
# Two elements may read the same, as those that open each of many requests do: their place tells them apart.
_NAMED = """[...document.querySelectorAll("*")].indexOf(element) + ": " + element.outerHTML"""
_OPERABLE = f"""[...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary, [tabindex='0']")]
    .filter(element => !element.disabled && element.checkVisibility()).map(element => {_NAMED})"""
# A button may let its whole row show the focus, by way of a pseudo-element that covers it.
_FOCUSED = f"""() => {{
    const element = document.activeElement;
    const rings = [null, "::after"].map(part => getComputedStyle(element, part))
        .filter(style => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2);
    return [element === document.body ? null : {_NAMED}, rings.length > 0];
}}"""


async def look_at(page: Page, name: str, *, axe: str, size: dict[str, int], scheme: str) -> None:
    """Photograph the page; fail where it scrolls sideways, hides the focus or has barriers."""
    await photograph(page, f"{name}-{size['width']}-{scheme}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{name} scrolls sideways"
    await page.evaluate(axe)
    assert await page.evaluate(_BARRIERS) == [], name
    await tab_through(page, name)


async def tab_through(page: Page, name: str) -> None:
    """With the Tab key alone one reaches whatever can be operated, and sees where one is."""
    operable: list[str] = await page.evaluate(_OPERABLE)
    reached: list[str] = []
    for _ in range(len(operable) + 1):  # one more: behind the last comes the page itself, then the first
        await page.keyboard.press("Tab")
        element, shows_focus = await page.evaluate(_FOCUSED)
        if element is not None and element not in reached:
            assert shows_focus, f"{name}: the focus cannot be seen on {element}"
            reached.append(element)
    assert sorted(reached) == sorted(operable), name


async def tab_to(page: Page, text: str) -> None:
    """Press Tab until the element with this text has the focus."""
    passed: list[Any] = []
    while (here := await page.evaluate("document.activeElement.textContent.trim()")) != text:
        assert len(passed) < 50, f"{text!r} is not reached with Tab: {passed}"
        passed.append(here[:40])
        await page.keyboard.press("Tab")
