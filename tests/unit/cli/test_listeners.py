"""What becomes of whatever lies at the path that a server shall listen at."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker.cli.listeners import AddressTaken, bind
from broker.config.sections.address import Address


def bound(path: Path) -> socket.socket:
    return bind(Address(unix_path=path), what="public address", choose="set server.public.address")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Short, as such a path may have some hundred characters only."""
    monkeypatch.chdir(tmp_path)
    return Path("it.sock")


def test_socket_that_nobody_answers_at_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(str(path))
    with bound(path):
        assert path.is_socket()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_socket_that_somebody_has_is_taken(path: Path, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_UNIX, kind) as holder:
        holder.bind(str(path))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        with pytest.raises(AddressTaken, match=r"it\.sock is taken; set server\.public\.address"):
            bound(path)
        assert path.is_socket()


def test_socket_whose_owner_is_too_busy_to_answer_is_taken_and_nobody_waits(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as holder, ExitStack() as callers:
        holder.bind(str(path))
        holder.listen(0)
        for _ in range(3):
            caller = callers.enter_context(socket.socket(socket.AF_UNIX))
            caller.setblocking(False)
            caller.connect_ex(str(path))
        with pytest.raises(AddressTaken, match="is taken"):
            bound(path)
        assert path.is_socket()


@pytest.mark.parametrize("kind", ["file", "folder", "broken link"])
def test_anything_else_stays_and_is_in_the_way(path: Path, kind: str) -> None:
    if kind == "file":
        path.write_text("a letter")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(AddressTaken, match="is taken"):
        bound(path)
    assert path.is_symlink() == (kind == "broken link")
    assert kind != "file" or path.read_text() == "a letter"
