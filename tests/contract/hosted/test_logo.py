"""The operator's logo: a picture from our own origin, known by its content."""

from pathlib import Path

from tests.brokers import running_broker
from tests.browsers import Browser
from tests.contract.hosted.pages import login_url

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>alert(1)</script><path d="M0 0h8v8z"/></svg>'


async def test_page_without_a_logo_shows_none(browser: Browser) -> None:
    assert "<img" not in (await browser.get(login_url())).text
    assert (await browser.get("/login/logo")).status == 404


async def test_logo_is_served_as_what_it_is_and_runs_nothing(tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    picture.write_bytes(SVG)
    async with (
        running_broker(base_dir=tmp_path, changes={"service.logo": str(picture)}) as broker,
        broker.browser() as browser,
    ):
        page = await browser.get(login_url())
        assert '<img src="/login/logo?' in page.text
        assert "img-src 'self'" in page.headers["Content-Security-Policy"]
        served = await browser.get("/login/logo")
        assert served.body == SVG
        assert served.headers["Content-Type"] == "image/svg+xml"
        assert served.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in served.headers["Content-Security-Policy"]
        assert "sandbox" in served.headers["Content-Security-Policy"]


async def test_reload_shows_the_new_logo_at_an_address_that_nobody_has_kept(tmp_path: Path) -> None:
    picture = tmp_path / "logo.svg"
    picture.write_bytes(SVG)
    async with (
        running_broker(base_dir=tmp_path, changes={"service.logo": str(picture)}) as broker,
        broker.browser() as browser,
    ):
        before = (await browser.get(login_url())).text.partition('src="')[2].partition('"')[0]
        picture.write_bytes(SVG.replace(b"8h", b"9h").replace(b"h8", b"h7"))
        await broker.reload({})
        after = (await browser.get(login_url())).text.partition('src="')[2].partition('"')[0]
        assert before != after
        assert b"h7" in (await browser.get(after)).body
