"""The secret of a development deployment: made once, for its owner's eyes, and the same for whoever starts at once."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from broker.crypto import MINIMUM_SECRET_LENGTH
from broker.errors import ConfigError
from broker.secret_file import read_or_create


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "broker.db.secret"
    secret, created = read_or_create(path)
    assert created
    assert len(secret) >= MINIMUM_SECRET_LENGTH
    assert read_or_create(path) == (secret, False)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_but_its_owner_can_read_it(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "secret"
    before = os.umask(umask)
    try:
        read_or_create(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_servers_that_start_at_once_read_the_same_secret(tmp_path: Path) -> None:
    """Threads stand for servers: they share even the process id, as two containers on one volume may."""
    path, count = tmp_path / "secret", 8
    barrier = Barrier(count)

    def start(_: int) -> tuple[str, bool]:
        barrier.wait()
        return read_or_create(path)

    with ThreadPoolExecutor(count) as threads:
        found = list(threads.map(start, range(count)))
    assert len({secret for secret, _ in found}) == 1
    assert sum(created for _, created in found) == 1
    assert os.listdir(tmp_path) == ["secret"]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"too short", b"  " + b"x" * 31 + b"\n", b"\xff" * 40, "ä".encode() * 40]
)
def test_a_file_that_holds_no_secret_is_a_mistake_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="holds no secret"):
        read_or_create(path)
    assert path.read_bytes() == content


def test_white_space_around_it_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"  {'x' * 32}\r\n")
    path.chmod(0o600)
    assert read_or_create(path) == ("x" * 32, False)


def test_a_place_where_nothing_can_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"can neither be read nor made: .*set secrets\.keys"):
        read_or_create(tmp_path / "file" / "secret")
    with pytest.raises(ConfigError, match="can neither be read nor made"):
        read_or_create(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    read_or_create(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=rf"is open to others \(mode {mode:04o}\).*chmod 600"):
        read_or_create(path)
    path.chmod(0o600)
    assert not read_or_create(path)[1]


def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Whoever put it there knows what it says."""
    path = tmp_path / "secret"
    if os.geteuid() == 0:
        read_or_create(path)
        os.chown(path, 12345, 12345)
    else:
        path.symlink_to("/etc/passwd")
    with pytest.raises(ConfigError, match=r"belongs to another user \(uid "):
        read_or_create(path)
