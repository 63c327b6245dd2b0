"""https by an authority of this machine's own: the emulator alone, and all of `broker dev`."""

import json
import ssl

from tests.browsers import Browser
from tests.cli.commands import broker, running
from tests.cli.houses import House
from tests.cli.test_dev import READY, arguments
from tests.forms import form_of


def trusted(ca_file: str) -> list[bytes]:
    """The authorities in this file."""
    return ssl.create_default_context(cafile=ca_file).get_ca_certs(binary_form=True)


async def test_emulator_serves_https_by_an_authority_that_it_keeps(still_house: House) -> None:
    emulator = ("emulator", "--port", str(still_house.ports["emulator"]), "--tls")
    url = still_house.emulator_url.replace("http://", "https://")
    state = {"XDG_STATE_HOME": str(still_house.folder)}
    told = []
    for _ in range(2):
        with running(*emulator, folder=still_house.folder, changes=state) as process:
            [ca_file] = [line.partition(": ")[2] for line in process.said if line.startswith("CA file to trust")]
            told.append(trusted(ca_file))
            async with Browser(url) as browser:
                discovery = "/common/v2.0/.well-known/openid-configuration"
                page = await browser.send("GET", discovery, ssl=ssl.create_default_context(cafile=ca_file))
            assert json.loads(page.body)["token_endpoint"].startswith(f"{url}/")
    assert told[0] == told[1]


def test_a_damaged_authority_is_a_mistake(still_house: House) -> None:
    (still_house.folder / "authority.key").write_text("nothing")
    (still_house.folder / "authority.key").chmod(0o600)
    done = broker("emulator", "--port", "0", "--tls-folder", ".", folder=still_house.folder)
    assert done.code == 78
    assert "authority.key holds no key with its certificate" in done.errors


async def test_dev_serves_all_that_people_see_by_https(still_house: House) -> None:
    """Browsers are told by every cookie and every address; broker and demo trust the authority without being asked.

    Even an answer by form works there.
    """
    folder = still_house.folder
    https = {name: f"https://localhost:{port}" for name, port in still_house.ports.items()}
    options = ("--tls", "--response-mode", "form_post")
    with running("dev", *arguments(still_house), *options, folder=folder, until=READY) as process:
        ca_file = process.wait_for("CA file to trust").split()[-1]
        trusting = ssl.create_default_context(cafile=ca_file)
        async with Browser(https["public"]) as browser:
            query = f"provider=microsoft&login_hint=auto:alice&redirect_to={https['app']}/"
            page = await browser.send("GET", f"/thirdparty/auth?{query}", ssl=trusting)
            [cookie] = page.set_cookies
            assert cookie.startswith("__Host-signin-")
            assert (page.location or "").startswith(https["emulator"] + "/")
            while page.location is not None:
                page = await browser.send("GET", page.location, ssl=trusting)
            form = form_of(page)
            page = await browser.send("POST", form.action, data=form.fields, ssl=trusting)
            page = await browser.send("GET", page.location or "", ssl=trusting)
            assert (page.url, page.status) == (https["app"] + "/", 200)
            who = await browser.send("GET", https["app"] + "/api/whoami", ssl=trusting)
            assert json.loads(who.body)["email"] == "alice@alder.example"
    done = broker("users", "list", "--json", "--config", ".broker-dev/config.yaml", folder=folder)
    assert len(done.json) == 1


def test_answer_by_form_without_https_is_a_mistake(still_house: House) -> None:
    done = broker("dev", *arguments(still_house), "--response-mode", "form_post", folder=still_house.folder)
    assert done.code == 78
    assert "form_post needs an https public_url" in done.errors
