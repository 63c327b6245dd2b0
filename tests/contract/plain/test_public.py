"""What everybody may read: who we are, our public keys, whether we are well."""

import re

from broker.crypto import SecretKeys
from broker.sessions.rotation import Rotation
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import told

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


async def test_front_page_says_who_we_are_and_nothing_of_the_configuration(
    broker: RunningBroker, browser: Browser
) -> None:
    await broker.reload({"service.name": "Acme <Sign-in>"})
    page = await browser.get("/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>Acme &lt;Sign-in&gt;</h1>" in page.text
    for private in ("sqlite", "8888", "microsoft.com", "c11e0000", "version", "localhost"):
        assert private not in page.text.lower(), private


async def test_pages_work_without_script_and_load_nothing_from_elsewhere(alice: Browser) -> None:
    for path in ("/", "/logout"):
        page = await alice.get(path)
        assert "<script" not in page.text
        assert not re.search(r'(?:src|href|action)="(?!/|data:,)', page.text), path
        policy = page.headers["Content-Security-Policy"]
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert '<html lang="en">' in page.text


async def test_page_says_so_where_an_emulator_stands_in(browser: Browser) -> None:
    assert "An emulator stands in for Microsoft" in (await browser.get("/")).text
    assert told(await browser.get("/health/ready")) == {"ready": True, "emulator": True}


async def test_page_is_silent_about_an_emulator_where_there_is_none(broker: RunningBroker, browser: Browser) -> None:
    real = {"client_id": "00000000-0000-4000-8000-000000000001", "secret": "a-secret-of-the-real-registration"}
    await broker.reload({"third_party.providers.microsoft": real})
    assert "emulator" not in (await browser.get("/")).text
    assert told(await browser.get("/health/ready")) == {"ready": True}


async def test_key_set_holds_public_halves_only_and_may_be_kept_five_minutes(browser: Browser) -> None:
    page = await browser.get("/.well-known/jwks.json")
    keys = told(page)["keys"]
    assert page.headers["Cache-Control"] == "public, max-age=300"
    assert len(keys) == 2, "the current and the next one"
    for key in keys:
        assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
        assert not PRIVATE_MEMBERS & set(key)


async def test_rotation_is_followed_and_the_retired_key_stays_published(broker: RunningBroker, alice: Browser) -> None:
    inside = broker.application.broker
    secrets = SecretKeys([secret.reveal() for secret in broker.config.secrets.keys])
    before = [key["kid"] for key in told(await alice.get("/.well-known/jwks.json"))["keys"]]
    rotated = await Rotation(inside.store, secrets, inside.clock, algorithm="RS256").rotate(now=True)
    await inside.keyring.refresh()
    after = [key["kid"] for key in told(await alice.get("/.well-known/jwks.json"))["keys"]]
    assert set(after) == {*before, rotated.next}
    assert (await alice.get("/me")).status == 200


async def test_health_is_open_and_says_no_more_than_it_must(broker: RunningBroker, browser: Browser) -> None:
    for base in ("", broker.admin_url):
        assert told(await browser.get(f"{base}/health/alive")) == {"alive": True}
        assert (await browser.get(f"{base}/health/ready")).status == 200


async def test_readiness_ends_when_the_server_drains_and_everything_else_goes_on(
    broker: RunningBroker, browser: Browser
) -> None:
    broker.application.drain()
    for base in ("", broker.admin_url):
        ready = await browser.get(f"{base}/health/ready")
        assert (ready.status, told(ready)) == (503, {"ready": False})
        assert (await browser.get(f"{base}/health/alive")).status == 200
    assert (await browser.sign_in("alice")).location == "http://localhost:8888/"


async def test_provider_that_is_away_does_not_take_us_out(broker: RunningBroker, browser: Browser) -> None:
    await broker.reload({"third_party.providers.microsoft.authority": None, "service.emulator_address": "127.0.0.1:9"})
    assert (await browser.start()).query["error"] == "temporarily_unavailable"
    assert (await browser.get("/health/ready")).status == 200


async def test_unknown_path_is_json_for_programs(broker: RunningBroker, browser: Browser) -> None:
    for path in ("/nowhere", "/thirdparty", "/me/", f"{broker.url}//me", "/sessions/validate/x"):
        page = await browser.get(path)
        assert (page.status, told(page)) == (404, {"code": 404, "message": "Not Found"}), path


async def test_method_that_a_path_does_not_have_is_named_with_those_it_has(browser: Browser) -> None:
    page = await browser.send("PUT", "/sessions/validate")
    assert (page.status, told(page)) == (405, {"code": 405, "message": "Method Not Allowed"})
    assert page.headers["Allow"] == "GET, POST"
