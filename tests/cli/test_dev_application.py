"""`broker dev` serves WorkOS' SDKs as it is: an application on this machine, with a key that it shows and keeps."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from broker.cli.dev_application import application, keep_api_key
from broker.cli.dev_configuration import Ports
from broker.errors import ConfigError
from tests.cli.commands import Running, broker
from tests.cli.houses import House, a_house
from tests.cli.test_dev import arguments, developing
from tests.contract.workos.sdks.running import python_program

CALLBACK = "http://localhost:3000/callback"
GUIDE = (Path(__file__).parents[2] / "docs" / "workos.md").read_text("utf-8")
OF_A_FILE = """\
service: {public_url: https://login.example.com}
workos:
  enabled: true
  applications:
    - {name: Shop, client_id: client_01SHOP, api_keys: [sk_0123456789abcdef01234567]}
"""


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Running]]:
    with a_house(tmp_path_factory.mktemp("dev")) as house, developing(house) as process:
        yield house, process


def shown(process: Running, what: str) -> str:
    return process.wait_for(what).split()[-1]


async def walked(house: House, url: str, home: str) -> str | None:
    """Where a fresh browser ends that follows the redirects: at the application, or `None` at a page of ours."""
    async with house.browser() as browser:
        page = await browser.get(url)
        while page.location is not None and not page.location.startswith(home):
            page = await browser.get(page.location)
    return page.location


@pytest.mark.parametrize(
    ("redirect_uri", "is_admitted"),
    [
        (CALLBACK, True),
        ("http://127.0.0.1:5173/callback", True),
        ("{app}/", True),
        ("http://app.example.com/callback", False),
        ("http://localhost.example.com:3000/callback", False),
        ("http://192.168.0.7:3000/callback", False),
    ],
)
async def test_codes_go_to_this_machine_only(dev: tuple[House, Running], redirect_uri: str, is_admitted: bool) -> None:
    house, process = dev
    uri = redirect_uri.format(app=house.app_url)
    query = {"response_type": "code", "provider": "MicrosoftOAuth", "redirect_uri": uri, "login_hint": "auto:alice"}
    asked = urlencode({**query, "client_id": shown(process, "WorkOS client id")})

    location = await walked(house, f"/user_management/authorize?{asked}", uri)

    assert (location is not None) is is_admitted
    assert location is None or location.startswith(f"{uri}?code=")


async def test_published_sdk_signs_somebody_in_as_the_guide_says(dev: tuple[House, Running]) -> None:
    house, process = dev
    [block] = re.findall(r"<!-- test: python -->\n```\w+\n(.*?)\n```", GUIDE, re.DOTALL)
    program = block.replace("API_KEY,", f'"{shown(process, "WorkOS API key")}",').replace(
        '"http://localhost:8000", "client_01SHOP"', f'"{house.url}", "{shown(process, "WorkOS client id")}"'
    )

    def said(last: str) -> str:
        command, folder = python_program("10.8.0", "-c", f"{program}\nprint({last})")
        return subprocess.run(command, env=folder, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603

    location = await walked(house, said("start('here')") + "&login_hint=auto:alice", CALLBACK)
    code = re.fullmatch(re.escape(CALLBACK) + r"\?code=([\w-]+)&state=here", location or "")
    assert code is not None

    assert said(f"finish('{code[1]}').user.email") == "alice@alder.example"


async def test_key_is_shown_once_and_kept_for_its_owner(dev: tuple[House, Running]) -> None:
    house, process = dev
    key = shown(process, "WorkOS API key")
    kept = house.folder / ".broker-dev" / "api.key"
    async with house.browser() as browser:
        answers = [
            (await browser.get("/user_management/users", Authorization=f"Bearer {each}")).status
            for each in (key, "sk_invented")
        ]

    assert answers == [200, 401]
    assert kept.read_text() == key + "\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert sum(key in line for line in process.said) == 1


def test_other_commands_know_the_application_and_hide_its_key(dev: tuple[House, Running]) -> None:
    house, process = dev
    path = shown(process, "other commands")
    everything = broker("config", "show", "--json", "--config", path, folder=house.folder)
    explained = broker(
        "redirects", "explain", CALLBACK, "--application", "client_dev", "--config", path, folder=house.folder
    )

    assert '"api_keys": ["***"]' in json.dumps(json.loads(everything.output))
    assert shown(process, "WorkOS API key") not in everything.output + (house.folder / path).read_text()
    assert (explained.code, explained.output) == (0, f"admitted by http://localhost:*/callback as {CALLBACK}\n")


def test_second_start_finds_the_key_and_none_that_others_could_read(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        with developing(house) as process:
            key = shown(process, "WorkOS API key")
        with developing(house) as process:
            assert shown(process, "WorkOS API key") == key
        (tmp_path / ".broker-dev" / "api.key").chmod(0o644)
        done = broker("dev", *arguments(house), folder=tmp_path)
        assert done.code == 78
        assert ".broker-dev/api.key is open to others (mode 0644)" in done.errors


async def test_applications_of_a_named_file_stay_as_they_are(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        house.config.write_text(OF_A_FILE)
        with developing(house, "--config", "config.yaml") as process:
            async with house.browser() as browser:
                answer = await browser.get("/user_management/users", Authorization="Bearer sk_0123456789abcdef01234567")
            assert answer.status == 200
            assert not any("client_dev" in line or "API key" in line for line in process.said)
        assert not (tmp_path / ".broker-dev" / "api.key").exists()


@pytest.mark.parametrize("content", [b"", b"sk_cut-short\n", b"\xff" * 50, b"bk_" + b"a" * 43])
def test_file_without_a_key_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "api.key"
    path.touch(mode=0o600)
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"api\.key holds no API key; delete it to get one"):
        keep_api_key(path)


def test_by_https_callbacks_of_either_scheme_are_registered() -> None:
    ports = Ports(public=8000, admin=8001, emulator=8400, app=8888, scheme="https")

    registered = application(ports, "api.key")

    assert registered["redirect_uris"] == [
        "https://localhost:8888/",
        "http://localhost:*/callback",
        "http://127.0.0.1:*/callback",
        "https://localhost:*/callback",
        "https://127.0.0.1:*/callback",
    ]
    assert registered["allowed_origins"] == ["https://localhost:8888"]
