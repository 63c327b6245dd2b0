"""https by an authority of this machine's own: the emulator alone, and all of `broker dev`."""

import json
import ssl

from tests.browsers import Browser
from tests.cli.commands import broker, running
from tests.cli.houses import House


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
