import copy
import json
import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from broker.config.sections import Config, DatabaseUrl, MicrosoftSection, Secret
from broker.config.sections.section import Unfit
from tests.unit.config.files import CLIENT_ID, loaded, refused

KEY = "third_party.providers.microsoft.secret"
BESIDE = {"third_party.providers.microsoft.client_id": CLIENT_ID}


def test_secret_is_printed_nowhere(tmp_path: Path) -> None:
    config = loaded({**BESIDE, KEY: "hush-hush"}).config

    printed = [
        f"{config}",
        repr(config),
        f"{config.third_party.providers.microsoft.secret}",
        json.dumps(TypeAdapter(Config).dump_python(config, mode="json")),
        repr(copy.deepcopy(config)),
        repr(vars(config.third_party.providers.microsoft)),
    ]

    assert not any("hush" in text for text in printed)
    assert all("***" in text for text in printed)
    secret = config.third_party.providers.microsoft.secret
    assert secret is not None
    assert secret.reveal() == "hush-hush"


def test_secret_follows_its_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("one\n")
    secret = loaded(
        {**BESIDE, KEY: {"file": "secret"}}, base_dir=tmp_path
    ).config.third_party.providers.microsoft.secret
    assert secret is not None
    assert secret.reveal() == "one"

    file.write_text("second\n")
    assert secret.reveal() == "second"


def test_secret_follows_a_file_that_is_exchanged_whole(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text("aaa")
    second.write_text("bbb")
    os.utime(second, ns=(first.stat().st_atime_ns, first.stat().st_mtime_ns))
    secret = Secret.from_file(first)

    second.rename(first)

    assert secret.reveal() == "bbb"


@pytest.mark.parametrize("damage", ["gone", "empty", "binary"])
def test_last_good_value_counts_while_the_file_is_damaged(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "secret"
    file.write_text("one")
    secret = Secret.from_file(file)

    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"" if damage == "empty" else b"\xff\xfe")

    assert secret.reveal() == "one"
    file.write_text("three")
    assert secret.reveal() == "three"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b" x", "white space"),
        (b"a\0b", "NUL"),
        (b"\xff", "not UTF-8"),
        (b"x" * 70_000, "longer than 64 KiB"),
    ],
)
def test_file_without_a_usable_secret_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(Unfit, match=message):
        Secret.from_file(tmp_path / "secret")


@pytest.mark.parametrize(
    "value", ["", " padded ", 5, ["x"], {"file": 5}, {"file": ""}, {"path": "x"}, {"file": "gone"}]
)
def test_other_forms_of_a_secret_are_refused(tmp_path: Path, value: object) -> None:
    assert set(refused({**BESIDE, KEY: value}, base_dir=tmp_path)) == {KEY}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://broker:p4ss@db:5432/broker", "postgresql://broker:***@db:5432/broker"),
        ("postgresql://broker:p@4:ss@db/broker", "postgresql://broker:***@db/broker"),
        (
            "postgresql://broker@db/broker?password=p4ss&sslmode=require",
            "postgresql://broker@db/broker?password=***&sslmode=require",
        ),
        ("postgresql://db/broker?sslpassword=p4ss", "postgresql://db/broker?sslpassword=***"),
        ("sqlite:///broker.db", "sqlite:///broker.db"),
    ],
)
def test_database_url_hides_its_password(url: str, shown: str) -> None:
    assert str(DatabaseUrl(url)) == shown
    assert "p4" not in repr(DatabaseUrl(url))
    assert DatabaseUrl(url).reveal() == url


def test_database_url_may_live_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://broker:p4ss@db/broker\n")

    config = loaded({"database.url": {"file": "url"}, "secrets.keys": ["k" * 32]}, base_dir=tmp_path).config

    assert config.database.url.reveal() == "postgresql://broker:p4ss@db/broker"
    assert not config.database.is_sqlite


def test_equality_looks_at_the_content() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("ä") != Secret("b")
    assert Secret("a") != "a"
    assert MicrosoftSection(secret=Secret("a")) != MicrosoftSection(secret=Secret("b"))
