"""`broker dev`: one command, on this machine only, and gone with Ctrl-C."""

import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.cli.commands import Done, Running, broker, running
from tests.cli.houses import House, a_house

READY = "ready; Ctrl-C ends all"
OPTIONS = {"public": "--port", "admin": "--admin-port", "emulator": "--emulator-port", "app": "--app-port"}
WRITTEN = ("users", "emails", "identities", "sessions", "one_time_codes", "audit_entries")
SPOILT: dict[str, dict[str, object]] = {
    "nonce": {"set": {"nonce": "of-another-sign-in"}},
    "iss": {"set": {"iss": "http://localhost:8400/b12c0000-0000-4000-8000-000000000002/v2.0"}},
    "aud": {"set": {"aud": "c11e0000-0000-4000-8000-000000000001"}},
    "tid": {"set": {"tid": "b12c0000-0000-4000-8000-000000000002"}},
    "exp": {"shift": {"exp": -90_000, "iat": -90_000, "nbf": -90_000}},
}


def arguments(house: House) -> list[str]:
    return [part for name, option in OPTIONS.items() for part in (option, str(house.ports[name]))]


@contextmanager
def developing(house: House, *further: str) -> Iterator[Running]:
    with running("dev", *arguments(house), *further, folder=house.folder, until=READY) as process:
        yield process


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Running]]:
    with a_house(tmp_path_factory.mktemp("dev")) as house, developing(house) as process:
        yield house, process


def listed_users(house: House) -> Done:
    url = "sqlite:///.broker-dev/broker.db"
    return broker("users", "list", "--json", folder=house.folder, changes={"BROKER_DATABASE__URL": url})


def everything_written(house: House) -> list[object]:
    with closing(sqlite3.connect(house.folder / ".broker-dev" / "broker.db")) as database:
        # The names of tables stand above.
        return [database.execute(f"SELECT * FROM {table}").fetchall() for table in WRITTEN]  # noqa: S608


async def test_somebody_signs_in_at_once(dev: tuple[House, Running]) -> None:
    house, _ = dev
    async with house.browser() as browser:
        page = await house.curl(browser, "alice")
        assert (page.status, page.url) == (200, house.app_url + "/")
        assert await house.is_valid(browser.cookie("hanko") or "")
    assert ["alice@alder.example"] in [
        [mail["address"] for mail in user["emails"]] for user in listed_users(house).json
    ]


@pytest.mark.parametrize("claim", list(SPOILT))
async def test_spoilt_claim_is_refused_and_nothing_is_written(dev: tuple[House, Running], claim: str) -> None:
    house, _ = dev
    before = everything_written(house)
    async with house.browser() as browser:
        await browser.send("POST", f"{house.emulator_url}/_control/claims", json=SPOILT[claim])
        page = await house.sign_in(browser, "erin")
        assert page.location is not None
        assert page.location.startswith(house.app_url + "/?")
        assert page.query["error"] == "invalid_response"
        assert page.query["error_reference"]
        assert browser.cookie("hanko") is None
    assert everything_written(house) == before


def test_says_where_everything_is(dev: tuple[House, Running]) -> None:
    house, process = dev
    text = "\n".join(process.said)
    for url in (house.url, house.admin_url, house.app_url, house.emulator_url):
        assert url in text
    assert "\x1b" not in text


async def test_shown_admin_key_opens_the_admin_api(dev: tuple[House, Running]) -> None:
    house, process = dev
    key = process.wait_for("admin key").split()[-1]
    async with house.browser() as browser:
        path = f"{house.admin_url}/users"
        assert (await browser.get(path)).status == 401
        assert (await browser.get(path, Authorization="Bearer bk_invented")).status == 401
        assert (await browser.get(path, Authorization=f"Bearer {key}")).status == 200


def test_listens_on_loopback_only(dev: tuple[House, Running]) -> None:
    house, process = dev
    listening = [each.laddr for each in psutil.Process(process.pid).net_connections() if each.status == "LISTEN"]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == set(house.ports.values())


@pytest.mark.parametrize("where", ["url", "admin_url", "emulator_url", "app_url"])
async def test_foreign_host_is_refused(dev: tuple[House, Running], where: str) -> None:
    """A name that somebody points to 127.0.0.1 makes their page one of ours (DNS rebinding)."""
    house, _ = dev
    async with house.browser() as browser:
        page = await browser.get(getattr(house, where) + "/", Host="rebound.example")
        assert page.status in (400, 421)


async def test_second_start_keeps_the_people_and_ctrl_c_is_a_good_end(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        with developing(house) as process:
            first_key = process.wait_for("admin key")
            token = await house.signed_in("alice")
            process.send(signal.SIGINT)
            assert process.wait() == 0
        people = listed_users(house).json
        assert len(people) == 1
        with developing(house) as process:
            assert process.wait_for("admin key") != first_key
            assert await house.is_valid(token)
            await house.signed_in("alice")
            assert listed_users(house).json == people
            assert process.stop() == 0
        assert "Traceback" not in "\n".join(process.said)


@pytest.mark.parametrize("taken", list(OPTIONS))
def test_taken_port_is_named_with_the_option_that_chooses_another(tmp_path: Path, taken: str) -> None:
    with a_house(tmp_path) as house, socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", house.ports[taken]))
        squatter.listen()
        done = broker("dev", *arguments(house), folder=tmp_path)
        assert done.code == 1
        [sentence] = done.errors.splitlines()
        assert f"127.0.0.1:{house.ports[taken]} is taken" in sentence
        assert sentence.endswith(f"choose another with {OPTIONS[taken]}")


@pytest.mark.postgres
async def test_named_database_is_used(tmp_path: Path, empty_postgres_url: str) -> None:
    with a_house(tmp_path) as house:
        tokens = []
        for _ in range(2):
            with developing(house, "--database", empty_postgres_url) as process:
                assert any("database" in line and "postgresql://" in line for line in process.said)
                tokens.append(await house.signed_in("alice"))
                assert await house.is_valid(tokens[0])
        with developing(house, "--database", "sqlite:///mine.db"):
            assert (tmp_path / "mine.db").exists()


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".broker-dev").write_text("a letter")
    done = broker("dev", folder=tmp_path)
    assert (done.code, done.errors) == (1, "the folder .broker-dev cannot be made here: File exists\n")


FOR_PRODUCTION = """\
service: {public_url: https://login.example.com}
server:
  public:
    address: "0.0.0.0:443"
    tls: {cert: no-such.pem, key: no-such.key}
    cors: {allow_origins: ["https://app.example.com"]}
  admin: {address: "0.0.0.0:8001", hosts: [rebound.example]}
  hosts: [rebound.example]
  trusted_proxies: [127.0.0.1]
database: {url: {file: /nowhere/database_url}, migrate: false}
secrets: {keys: [{file: /nowhere/broker_key}]}
third_party:
  redirect_url: https://login.example.com/thirdparty/callback
  error_redirect_url: https://app.example.com/
  allowed_redirect_urls: ["https://app.example.com/**"]
  providers:
    microsoft:
      client_id: 3fa85f64-5717-4562-b3fc-2c963f66afa6
      secret: {file: /nowhere/microsoft_secret}
      cloud: custom
      authority: https://login.example.net
      hosts: [keys.example.net]
      ca_file: no-such.pem
      tenant: 9f86d081-884c-4d65-9a2f-eaa0c55ad015
      tenants: {allow: [9f86d081-884c-4d65-9a2f-eaa0c55ad015], guests: false}
      scopes: [openid, profile, email, offline_access]
      response_mode: form_post
  custom_providers:
    other: {enabled: true, display_name: Other, client_id: a, secret: {file: /nowhere/x}, issuer: https://other.example}
session:
  issuer: https://login.example.com
  audience: [app.example.com]
  cookie: {name: ours, domain: example.com, same_site: none}
  jwt: {algorithm: ES256}
  limit: 1
"""


async def test_named_file_for_production_serves_here_but_for_what_dev_decides(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        house.config.write_text(FOR_PRODUCTION)
        with developing(house, "--config", "config.yaml") as process:
            assert "config.yaml is read, except for what `broker dev` decides" in process.said[0]
            async with house.browser() as browser:
                assert (await house.sign_in(browser, "alice")).location == house.app_url + "/"
                token = browser.cookie("ours") or ""
                assert (await browser.get(f"{house.app_url}/api/whoami", Cookie=f"ours={token}")).status == 200
                for url in (house.url, house.admin_url):
                    assert (await browser.get(url + "/", Host="rebound.example")).status == 421
            await house.signed_in("alice", cookie="ours")
            assert not await house.is_valid(token), "session.limit is the file's"
        assert set(os.listdir(tmp_path)) == {"config.yaml", ".broker-dev"}


def test_config_yaml_beside_it_is_not_read_unless_named(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        house.config.write_text("nonsense: [")
        with developing(house) as process:
            assert process.stop() == 0


def test_mistakes_of_a_named_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("sesion: {limit: 3}\n")
    done = broker("dev", "--config", "mine.yaml", folder=tmp_path)
    assert done.code == 78
    assert "mine.yaml:1: sesion: is no key (did you mean session?)" in done.errors


async def test_other_commands_find_the_same_people_by_the_file_that_it_writes(dev: tuple[House, Running]) -> None:
    house, process = dev
    await house.signed_in("ivan")
    path = process.wait_for("other commands").split()[-1]
    assert (house.folder / path).stat().st_mode & 0o777 == 0o600
    people = broker("users", "list", "--json", "--config", path, folder=house.folder).json
    assert people == listed_users(house).json
    assert "ivan@alder.example" in str(people)
