"""What stands beside a broker: the emulator alone, the emulator inside `broker serve`, and the demo alone."""

import json
from pathlib import Path

import pytest

from tests.browsers import Browser
from tests.cli.commands import running
from tests.cli.houses import House

FIRST_CLIENT = "c11e0000-0000-4000-8000-00000000000c"


@pytest.mark.parametrize(("option", "status"), [((), 404), (("--no-control",), 404), (("--control",), 200)])
async def test_control_is_open_only_where_asked_for(still_house: House, option: tuple[str, ...], status: int) -> None:
    emulator = ("emulator", "--port", str(still_house.ports["emulator"]), *option)
    with running(*emulator, folder=still_house.folder) as process:
        async with Browser(still_house.emulator_url) as browser:
            assert (await browser.get("/_control/requests")).status == status
            page = await browser.get("/common/v2.0/.well-known/openid-configuration")
            assert json.loads(page.body)["issuer"].startswith(f"{still_house.emulator_url}/")
    assert process.said == [f"Microsoft emulator on {page.url}", "ready"]


async def test_emulator_knows_the_redirect_uris_that_it_is_told(still_house: House) -> None:
    told, other = "https://sign-in.example.com/back", "https://sign-in.example.com/elsewhere"
    emulator = ("emulator", "--port", str(still_house.ports["emulator"]), "--redirect-uri", told)
    with running(*emulator, folder=still_house.folder):
        async with Browser(still_house.emulator_url) as browser:
            query = f"client_id={FIRST_CLIENT}&response_type=code&scope=openid&login_hint=auto:alice&redirect_uri="
            admitted = await browser.get(f"/common/oauth2/v2.0/authorize?{query}{told}")
            assert (admitted.location or "").startswith(f"{told}?code=")
            refused = await browser.get(f"/common/oauth2/v2.0/authorize?{query}{other}")
            assert (refused.location, "50011" in refused.text) == (None, True)


async def test_broker_says_that_an_emulator_stands_in_and_keeps_its_control_shut(still_house: House) -> None:
    with still_house.serving() as server:
        async with still_house.browser() as browser:
            for url in (still_house.url, still_house.admin_url):
                page = await browser.get(f"{url}/health/ready")
                assert json.loads(page.body) == {"ready": True, "emulator": True}
            assert (await browser.get(f"{still_house.emulator_url}/_control/requests")).status == 404
    [warning] = [event for event in server.events if "stands in for Microsoft" in event["event"]]
    assert warning["level"] == "warning"


def test_demo_says_where_it_is_and_ends_well(tmp_path: Path) -> None:
    with running("demo", "--port", "0", folder=tmp_path) as demo:
        assert demo.stop() == 0
    assert demo.said[0].startswith("demo application on http://localhost:")
    assert demo.said[1] == "ready"
