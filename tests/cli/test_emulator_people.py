"""`broker emulator --people`, and the clouds beside the first."""

from pathlib import Path

import pytest

from broker.emulator.clouds import USGOV
from broker.emulator.people_file import take_people
from broker.emulator.state import Emulator
from tests.browsers import Browser
from tests.cli.commands import broker, running

ELM = "e1e00000-0000-4000-8000-000000000005"
FILE = f"""
tenants:
  - {{id: {ELM}, name: Elm, domains: [elm.example]}}
people:
  - {{person: zoe, tenant: elm.example, name: Zoe Elm, email: zoe@elm.example, edov: true, roles: [writer]}}
  - {{person: alice, disabled: true}}
"""


def test_people_and_directories_of_a_file_stay_through_a_reset() -> None:
    emulator = Emulator()
    content = {
        "tenants": [{"id": ELM, "name": "Elm", "domains": ["elm.example"], "cloud": "usgov"}],
        "people": [{"person": "zoe", "tenant": "elm.example"}, {"person": "alice", "disabled": True}],
    }
    take_people(emulator, content)
    emulator.reset()
    zoe, alice = emulator.directory.get("zoe"), emulator.directory.get("alice")
    assert zoe is not None
    assert (zoe.tenant.id, zoe.tenant.cloud, zoe.username) == (ELM, USGOV, "zoe@elm.example")
    assert alice is not None
    assert alice.disabled


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "a mapping with tenants and people is expected"),
        ({"person": []}, "person: not known here"),
        ({"people": {}}, "people: a list is expected"),
        ({"people": [7]}, "people[0]: "),
        ({"people": [{"person": "zoe", "emial": "x"}]}, "people[0] (zoe): emial: is not known; there are person, "),
        ({"people": [{"person": "Zoe"}]}, "people[0] (Zoe): person is a short name"),
        ({"people": [{"person": "zoe", "tenant": "elm.example"}]}, "people[0] (zoe): elm.example: there is no such"),
        ({"tenants": [{"id": "x", "name": "X", "domains": ["x.example"]}]}, "tenants[0]: id: is not a GUID"),
        ({"tenants": [{"id": ELM, "name": "X", "domains": ["X"]}]}, "tenants[0]: domains: X is not a domain"),
        ({"tenants": [{"id": ELM, "name": "X", "domains": ["alder.example"]}]}, "tenants[0]: alder.example is Alder's"),
        (
            {"tenants": [{"id": ELM, "name": "X", "domains": ["x.example"], "cloud": "moon"}]},
            "tenants[0]: cloud: is none of global, usgov, china",
        ),
    ],
)
def test_mistake_in_the_file_names_its_entry(content: object, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        take_people(Emulator(), content)
    assert told in str(raised.value)


def test_command_tells_every_mistake_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text('{"people": [{"person": "zoe", "tenant": "x"}, {"person": "!"}]}')
    done = broker("emulator", "--port", "0", "--people", "people.json", folder=tmp_path)
    assert done.code == 78
    assert done.errors.splitlines()[0].startswith("people.json: people[0] (zoe): x: there is no such directory")
    assert done.errors.splitlines()[1].startswith("people.json: people[1] (!): ")
    assert broker("emulator", "--people", "none.yaml", folder=tmp_path).code == 78


def test_command_listens_on_loopback_only(tmp_path: Path) -> None:
    done = broker("emulator", "--port", "0", "--host", "0.0.0.0", folder=tmp_path)  # noqa: S104 - refused
    assert done.code == 2
    assert "0.0.0.0 is none of 127.0.0.1, localhost, ::1" in done.errors


async def test_command_serves_the_people_of_a_file_and_a_second_cloud(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(FILE)
    options = ("--port", "0", "--usgov-port", "0", "--people", "people.yaml")
    with running("emulator", *options, folder=tmp_path) as process:
        urls = [process.wait_for(name).split()[-1].partition("/common/")[0] for name in ("Microsoft emu", "US gov")]
        authorize = "/oauth2/v2.0/authorize?client_id=c11e0000-0000-4000-8000-00000000000c&response_type=code"
        rest = "&scope=openid&redirect_uri=http://localhost:1/thirdparty/callback&login_hint=auto:"
        for url, tenant, person in ((urls[0], ELM, "zoe"), (urls[1], "common", "mike")):
            async with Browser(url) as browser:
                page = await browser.get(f"/{tenant}{authorize}{rest}{person}")
                assert (page.location or "").startswith("http://localhost:1/thirdparty/callback?code=")
