"""What the README tells other teams to write for the emulator, run as it stands: only addresses are exchanged."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from broker.cli.people_file import read_people_file
from broker.emulator.app import create_app
from broker.emulator.people_file import take_people
from broker.emulator.registrations import default_registrations
from broker.emulator.state import Emulator
from tests.emulator.readme import OWN_TRUST, README, example, printed
from tests.emulator.started import Started, started


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    people = tmp_path_factory.mktemp("people") / "people.yaml"
    people.write_text(example("people"))  # so that the examples hold together, too
    with started(tmp_path_factory.mktemp("authority"), "--control", "--people", str(people)) as found:
        yield found


def test_msal_for_python_signs_in_refreshes_and_reads_me(emulator: Started) -> None:
    program = example("msal-python").replace("https://localhost:8400", emulator.url)
    program = program.replace('"ca.pem"', repr(str(emulator.ca_file)))
    assert printed(sys.executable, "-c", program, trusting=emulator.ca_file) == "Alice Alder\n"


def test_each_order_to_control_is_carried_out(emulator: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OWN_TRUST:
        monkeypatch.delenv(name, raising=False)
    orders = re.findall(r"^order (\w+) '(.+)'$", example("control"), re.MULTILINE)
    assert len(orders) == len(example("control").splitlines()) - 1
    for name, body in orders:
        url = f"{emulator.url}/_control/{name}"
        answer = requests.post(url, json=json.loads(body), verify=str(emulator.ca_file), timeout=10)
        assert answer.status_code == 200, (name, answer.text)


def test_people_of_the_example_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(example("people"))
    emulator = Emulator()
    take_people(emulator, read_people_file(path))
    zoe, bob = emulator.directory.get("zoe"), emulator.directory.get("bob")
    assert zoe is not None
    assert bob is not None
    assert (zoe.tenant.name, zoe.edov, zoe.roles, bob.mfa_on_refresh) == ("Elm", True, ("writer",), True)


def test_paths_that_are_named_are_served() -> None:
    section = README.partition("## The Microsoft emulator, for your own tests")[2].partition("\n## ")[0]
    served = {getattr(route, "path", "") for route in create_app(base_url=None, control=True).routes}
    named = re.findall(r"`(?:GET |POST )?(/[^`\s]+)`|localhost:8400(/requests)", section)
    assert {one or other for one, other in named} <= served
    assert len(named) > 5


def test_tables_name_everybody_and_every_application() -> None:
    section = README.partition("## The Microsoft emulator, for your own tests")[2].partition("\n## ")[0]
    first_cells = "\n".join(re.findall(r"^\| (`[a-z].*?) \|", section, re.MULTILINE))
    assert sorted(re.findall(r"`([a-z]+)`", first_cells)) == sorted(each.key for each in Emulator().directory.all())
    assert re.findall(r"^\| [^|]+ \| `(c11e[0-9a-f-]+)` \|", section, re.MULTILINE) == list(default_registrations())
