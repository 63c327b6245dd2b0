"""The page of the README, in a browser."""

from aiohttp import web
from playwright.async_api import Browser, expect

from tests.chromium import IN_BROWSER
from tests.demo.fake_broker import FakeBroker
from tests.demo.running import bound
from tests.demo.test_readme import example

pytestmark = IN_BROWSER


async def test_frontend_signs_in_and_says_who_is_there(broker: FakeBroker, chromium: Browser) -> None:
    listener, url = bound()
    broker.app_origin = url
    html = example("frontend").replace("http://localhost:8000", broker.url).replace("http://localhost:8888", url)

    async def page_of_mine(_: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page_of_mine)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/?error=access_denied")
    await expect(page.locator("#me")).to_have_text("That did not work. Please try again.")
    await page.get_by_role("link", name="Sign in").click()
    await expect(page.locator("#me")).to_have_text("Hello Alice Alder")
    await context.close()
    await runner.cleanup()
