"""What stands beside a broker: the emulator alone, the emulator inside `broker serve`, and the demo alone."""

import json
from pathlib import Path

import pytest

from tests.browsers import Browser
from tests.cli.commands import broker, running
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
    assert (process.said[0], process.said[-1]) == (f"Microsoft emulator on {page.url}", "ready")
    assert f"authority {still_house.emulator_url}/common, client id c11e0000" in process.said[1]
    shown = f"last requests on {still_house.emulator_url}/requests, control on {still_house.emulator_url}/_control"
    assert (shown in process.said) is (status == 200)


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


async def test_demo_fits_the_broker_of_a_file(still_house: House) -> None:
    """Issuer, audience and cookie name have to be those of the broker, or nobody is ever signed in."""
    text = still_house.config.read_text().replace("name: hanko ", "name: ours ")
    text = text.replace("issuer: null ", "issuer: https://issuer.example ").replace(
        "audience: [] ", "audience: [ours] "
    )
    still_house.config.write_text(text)
    for name, demo in (("fitting", ("--config", "config.yaml")), ("other", ("--broker", still_house.url))):
        ports = ("--port", str(still_house.ports["app"]))
        with (
            still_house.serving(),
            running("demo", *ports, *demo, folder=still_house.folder, changes=still_house.changes),
        ):
            token = await still_house.signed_in("alice", cookie="ours")
            async with Browser(still_house.app_url) as browser:
                page = await browser.get("/api/whoami", Cookie=f"ours={token}")
                assert page.status == (200 if name == "fitting" else 401)


async def test_emulator_knows_the_callback_of_a_file(still_house: House) -> None:
    callback = "https://sign-in.example.com/thirdparty/callback"
    public = {"BROKER_SERVICE__PUBLIC_URL": "https://sign-in.example.com", "BROKER_SERVICE__ENVIRONMENT": "production"}
    own = {"CLIENT_ID": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "SECRET": "a.real~secret"}
    microsoft = {f"BROKER_THIRD_PARTY__PROVIDERS__MICROSOFT__{key}": value for key, value in own.items()}
    changes = {**still_house.changes, **public, **microsoft, "BROKER_SECRETS__KEYS": '["' + "k" * 32 + '"]'}
    emulator = ("emulator", "--port", str(still_house.ports["emulator"]), "--config", "config.yaml")
    with running(*emulator, folder=still_house.folder, changes=changes):
        async with Browser(still_house.emulator_url) as browser:
            query = f"client_id={FIRST_CLIENT}&response_type=code&scope=openid&login_hint=auto:alice&redirect_uri="
            admitted = await browser.get(f"/common/oauth2/v2.0/authorize?{query}{callback}")
            assert (admitted.location or "").startswith(f"{callback}?code=")


@pytest.mark.parametrize("command", [("version",), ("config", "schema")], ids=" ".join)
def test_file_that_a_command_has_no_use_for_is_taken_and_not_read(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = broker(*command, "--config", "no-such.yaml", folder=tmp_path)
    assert (done.code, done.errors) == (0, "")


@pytest.mark.parametrize("command", ["demo", "emulator"])
def test_file_that_a_companion_shall_fit_has_to_be_good(tmp_path: Path, command: str) -> None:
    done = broker(command, "--port", "0", "--config", "no-such.yaml", folder=tmp_path)
    assert done.code == 78
    assert "no-such.yaml: there is no such file" in done.errors
