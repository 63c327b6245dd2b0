"""Which language the page has: the request's, or else the browser's; a failure speaks it, too."""

from tests.browsers import Browser
from tests.contract.hosted.pages import alert, choose, login_url


async def test_page_speaks_the_language_of_the_browser(browser: Browser) -> None:
    page = await browser.get(login_url(), Accept_Language="de-AT,de;q=0.9,en;q=0.5")
    assert '<html lang="de">' in page.text
    assert "<h1>Anmelden</h1>" in page.text
    assert page.headers["Content-Language"] == "de"
    assert "Accept-Language" in page.headers["Vary"]


async def test_language_that_the_request_asks_for_lasts_until_its_failure(browser: Browser) -> None:
    page = await browser.get(login_url(ui_locales="ja en", login_hint="auto:alice:cancel"), Accept_Language="fr")
    assert '<html lang="ja">' in page.text
    back = await choose(browser, page, "Microsoft · エミュレーター で続ける")
    assert '<html lang="ja">' in back.text
    assert "サインインはキャンセルされました。" in alert(back)
