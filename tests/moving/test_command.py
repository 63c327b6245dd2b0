"""`broker import hanko` and `broker users export` as an operator runs them, and killed in the middle."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from broker.moving.hanko_keys import opened
from tests.moving.hanko_database import SECRET, a_jwk, fill, sealed

CONFIG = """
service: {environment: staging, public_url: "http://localhost:8000"}
database: {url: "DATABASE"}
secrets: {keys: ["a-secret-of-tests-that-is-long-enough-0"]}
third_party:
  error_redirect_url: http://localhost:8888/
  allowed_redirect_urls: ["http://localhost:8888/**"]
"""
CLIENT = "c11e0000-0000-4000-8000-00000000000c"


class House:
    """A folder with a configuration."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        (folder / "config.yaml").write_text(CONFIG.replace("DATABASE", database))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "broker", *arguments]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own program
            self.command(*arguments),
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def everybody(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.run("users", "export").stdout)
        return found


def write_people(path: Path, count: int) -> None:
    """An export of so many."""
    people = [
        {
            "user_id": f"00000001-0000-4000-8000-{n:012}",
            "emails": [{"address": f"person{n}@alder.example", "is_primary": True, "is_verified": True}],
            "created_at": "2025-03-04T05:06:07Z",
            "updated_at": "2025-03-04T05:06:07Z",
        }
        for n in range(count)
    ]
    path.write_text(json.dumps(people))


def test_export_is_what_import_takes_and_nothing_changes_the_second_time(tmp_path: Path) -> None:
    house = House(tmp_path, "sqlite:///broker.db")
    write_people(tmp_path / "users.json", 20)
    first = house.run("import", "hanko", "--users", "users.json", "--json")
    assert json.loads(first.stdout)["added"] == 20, first.stderr
    out = house.run("users", "export", "--out", "mine.json")
    assert out.returncode == 0, out.stderr
    assert (tmp_path / "mine.json").stat().st_mode & 0o777 == 0o600
    assert house.run("users", "export", "--out", "mine.json").returncode == 1
    second = json.loads(house.run("import", "hanko", "--users", "mine.json", "--json").stdout)
    assert (second["added"], second["unchanged"], second["notes"]) == (0, 20, [])


def test_what_cannot_be_meant_is_one_sentence(tmp_path: Path) -> None:
    house = House(tmp_path, "sqlite:///broker.db")
    assert house.run("import", "hanko").returncode == 2
    (tmp_path / "bad.json").write_text("{")
    bad = house.run("import", "hanko", "--users", "bad.json")
    assert (bad.returncode, bad.stderr.startswith("the file is no JSON")) == (1, True)
    missing = house.run("import", "hanko", "--users", "missing.json")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
    other = house.run("import", "hanko", "--database", "sqlite:///x.db")
    assert (other.returncode, "is a PostgreSQL" in other.stderr) == (78, True)


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_killed_in_the_middle_nothing_is_half_done(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    url = "sqlite:///broker.db" if engine == "sqlite" else request.getfixturevalue("postgres_url")
    house = House(tmp_path, url)
    write_people(tmp_path / "users.json", 3000)
    process = subprocess.Popen(  # noqa: S603 - our own program
        house.command("import", "hanko", "--users", "users.json"),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("250 users read"), line
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert house.everybody() == []
    assert json.loads(house.run("import", "hanko", "--users", "users.json", "--json").stdout)["added"] == 3000
    assert len(house.everybody()) == 3000


@pytest.mark.parametrize(
    "changes",
    [{"kty": "EC"}, {"kid": "a" * 43}, {"kid": "-x"}, {"d": ""}, {"n": None}],
    ids=lambda each: str(each)[:20],
)
def test_what_is_no_key_of_hankos_stays_behind(changes: dict[str, object]) -> None:
    assert opened(sealed(json.dumps({**a_jwk(), **changes}), SECRET), [SECRET]) is None


@pytest.mark.postgres
async def test_database_moves_in_with_its_keys(tmp_path: Path, empty_postgres_url: str) -> None:
    jwk = await fill(empty_postgres_url)
    house = House(tmp_path, "sqlite:///broker.db")
    arguments = ("import", "hanko", "--database", empty_postgres_url, "--client-id", CLIENT)
    done = house.run(*arguments, "--json", HANKO_SECRETS_KEYS=SECRET)
    told = json.loads(done.stdout)
    assert (told["added"], told["waiting"], told["keys"]) == (3, 3, [jwk["kid"]]), done.stderr
    again = json.loads(house.run(*arguments, "--json", HANKO_SECRETS_KEYS=SECRET).stdout)
    assert (again["added"], again["waiting"], again["keys"], again["keys_known"]) == (0, 0, [], [jwk["kid"]])
    without = house.run(*arguments, "--dry-run")
    assert "stay behind" in without.stderr
    assert "Only tried" in without.stdout
    listed = house.run("keys", "list")
    assert jwk["kid"] in listed.stdout
