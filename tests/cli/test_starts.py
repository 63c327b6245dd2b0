"""A server that cannot start says why in one sentence, with the exit code that scripts go by."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from broker.crypto import SecretKeys
from tests.cli.commands import BROKER, Done, broker
from tests.cli.houses import House, a_house
from tests.servers import loopback_socket, port_of

OLD, NEW = "a-secret-of-tests-that-is-long-enough-0", "a-secret-of-tests-that-is-long-enough-1"
KEYS = {"public": "server.public.address", "admin": "server.admin.address", "emulator": "service.emulator_address"}


def only_sentence(done: Done) -> str:
    """The last line on standard error, all others being log lines."""
    told = [line for line in done.errors.splitlines() if not line.startswith("{")]
    assert len(told) == 1, done.errors
    return told[0]


@contextmanager
def squatting(port: int) -> Iterator[None]:
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        yield


@pytest.mark.parametrize("taken", list(KEYS))
def test_taken_address_is_named_with_the_key_that_moves_it(still_house: House, taken: str) -> None:
    with squatting(still_house.ports[taken]):
        done = still_house.broker("serve")
    assert done.code == 1
    address = f"127.0.0.1:{still_house.ports[taken]}"
    assert only_sentence(done) == f"{taken} address: {address} is taken; set {KEYS[taken]}"


@pytest.mark.parametrize("command", ["demo", "emulator"])
def test_taken_port_of_a_companion_is_told(tmp_path: Path, command: str) -> None:
    with loopback_socket() as squatter:
        squatter.listen()
        port = port_of(squatter)
        done = broker(command, "--port", str(port), folder=tmp_path)
    assert done.code == 1
    assert only_sentence(done) == f"{command}: 127.0.0.1:{port} is taken; choose another with --port"


async def test_socket_in_use_is_taken_and_one_left_behind_is_not(still_house: House) -> None:
    """Whoever was killed leaves its socket, whoever answers keeps it; a file of another kind is not ours to delete."""
    path = still_house.folder / "admin.sock"
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(str(path))
    changes = {"BROKER_SERVER__ADMIN__ADDRESS": "unix:admin.sock"}
    with still_house.serving(**changes):
        other = still_house.broker("serve", **changes, BROKER_SERVER__PUBLIC__ADDRESS="127.0.0.1:0")
        assert other.code == 1
        assert "admin.sock is taken; set server.admin.address" in only_sentence(other)
        assert await still_house.is_valid(await still_house.signed_in("alice"))
    path.unlink(missing_ok=True)
    path.write_text("a letter")
    assert "is taken" in only_sentence(still_house.broker("serve", **changes))
    assert path.read_text() == "a letter"


@pytest.mark.parametrize(
    "command", [("serve",), ("migrate",), ("migrate", "status"), ("users", "list"), ("keys", "list")], ids=" ".join
)
def test_unreachable_database_is_exit_69(tmp_path: Path, command: tuple[str, ...]) -> None:
    with loopback_socket() as nobody_listens:
        url = f"postgresql://broker:pass-word@127.0.0.1:{port_of(nobody_listens)}/broker"
        with a_house(tmp_path, database=url) as house:
            done = house.broker(*command)
    assert done.code == 69
    sentence = only_sentence(done)
    assert "PostgreSQL at 127.0.0.1:" in sentence
    assert "pass-word" not in done.errors + done.output


@pytest.mark.parametrize("command", [("serve",), ("users", "list"), ("admin", "key", "create", "x")], ids=" ".join)
def test_old_schema_is_exit_78_where_we_may_not_migrate(still_house: House, command: tuple[str, ...]) -> None:
    done = still_house.broker(*command, BROKER_DATABASE__MIGRATE="false")
    assert done.code == 78
    assert 'from 0001_accounts: run "broker migrate"' in only_sentence(done)
    assert still_house.broker("migrate", BROKER_DATABASE__MIGRATE="false").code == 0
    assert still_house.broker(*command[:1], "--help", BROKER_DATABASE__MIGRATE="false").code == 0


@pytest.mark.parametrize("command", [("serve",), ("migrate",)], ids=" ".join)
def test_schema_of_a_newer_program_is_exit_78(still_house: House, command: tuple[str, ...]) -> None:
    assert still_house.broker("migrate").code == 0
    with closing(sqlite3.connect(still_house.folder / "broker.db")) as database, database:
        database.execute("INSERT INTO schema_migrations VALUES (9999, '9999_of_tomorrow', 0)")
    done = still_house.broker(*command)
    assert done.code == 78
    assert "older than the database, which has 9999_of_tomorrow" in only_sentence(done)
    status = still_house.broker("migrate", "status", "--json")
    assert (status.code, status.json["unknown"]) == (1, ["9999_of_tomorrow"])


def test_rows_that_no_secret_opens_are_exit_78_naming_the_secret(still_house: House) -> None:
    assert still_house.broker("keys", "list", BROKER_SECRETS__KEYS=json.dumps([OLD])).code == 0
    for command in (("serve",), ("keys", "rotate", "--now")):
        done = still_house.broker(*command, BROKER_SECRETS__KEYS=json.dumps([NEW]))
        assert done.code == 78
        assert SecretKeys([OLD]).newest_id in only_sentence(done)
        assert OLD not in done.errors
        assert NEW not in done.errors
    assert still_house.broker("keys", "list", BROKER_SECRETS__KEYS=json.dumps([NEW, OLD])).code == 0


def test_secret_that_was_lost_is_not_made_anew_beside_the_keys_that_it_opens(still_house: House) -> None:
    assert still_house.broker("keys", "list").code == 0
    secret = still_house.folder / "broker.db.secret"
    kept = secret.rename(still_house.folder / "elsewhere")
    for command in (("serve",), ("keys", "rotate", "--now")):
        done = still_house.broker(*command)
        assert done.code == 78
        assert f"{secret}, which opens the signing keys in broker.db, is not there" in only_sentence(done)
        assert not secret.exists()
    kept.rename(secret)
    assert still_house.broker("keys", "list").code == 0


def test_missing_file_is_exit_78(tmp_path: Path) -> None:
    done = broker("serve", "--config", "elsewhere.yaml", folder=tmp_path)
    assert done.code == 78
    assert only_sentence(done).startswith("elsewhere.yaml: there is no such file (name one with --config")
    by_environment = broker("users", "list", folder=tmp_path, changes={"BROKER_CONFIG": "third.yaml"})
    assert (by_environment.code, "third.yaml: there is no such file" in by_environment.errors) == (78, True)


def test_folder_in_place_of_a_file_is_exit_78(tmp_path: Path) -> None:
    done = broker("serve", "--config", ".", folder=tmp_path)
    assert (done.code, only_sentence(done)) == (78, ".: cannot be read: Is a directory")


def test_unreadable_file_is_exit_78(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / "config.yaml").chmod(0)
    command = [*without_the_power_of_root(), *BROKER, "config", "check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert (done.returncode, done.stderr) == (78, "config.yaml: cannot be read: Permission denied\n")


def without_the_power_of_root() -> list[str]:
    """Root reads every file, unless it gives that up."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root needs setpriv to give up reading every file")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


@pytest.mark.parametrize(
    "arguments", [("serve", "--prot", "1"), ("serve", "--workers", "0"), ("surve",), ("keys", "retire")]
)
def test_wrong_usage_is_exit_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = broker(*arguments, folder=tmp_path)
    assert (done.code, done.output) == (2, "")
    assert "Traceback" not in done.errors


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("emulator", "--redirect-uri", "nonsense"), "--redirect-uri: "),
        (("demo", "--broker", "nonsense"), "--broker: nonsense is no URL"),
        (("config", "show", "nonsense"), "there is nothing called nonsense to show"),
    ],
)
def test_value_that_an_option_cannot_take_is_exit_2(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    with loopback_socket() as kept:
        port = () if arguments[0] == "config" else ("--port", str(port_of(kept)))
        done = broker(*arguments, *port, folder=tmp_path)
    assert done.code == 2
    assert done.errors.startswith(sentence)
