"""Files that hold a secret of this machine: readable by their owner only, and whole once they have a name."""

import os
import stat
from pathlib import Path

from broker.crypto import request_id
from broker.errors import ConfigError


def read_private(path: Path, *, otherwise: str = "") -> bytes:
    """What the file holds, unless somebody else may have read or chosen it.

    Raises `OSError`, and `ConfigError` for a file that is another user's or open to others; `otherwise` ends its text
    with a way to do without the file.
    """
    with path.open("rb") as file:
        _require_private(path, os.fstat(file.fileno()), otherwise)
        return file.read()


def write_once(path: Path, content: bytes) -> bool:
    """Write the file unless it is there: of two processes that start at once the first one's stays, for both.

    Answers whether it was written here. Raises `OSError`.
    """
    draft = _draft(path, content, mode=0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put this content in the file's place; readers see the old or the new one whole. Raises `OSError`."""
    _draft(path, content, mode=mode).replace(path)


def _require_private(path: Path, found: os.stat_result, otherwise: str) -> None:
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to another user (uid {found.st_uid}): run as that user{otherwise}")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise ConfigError(f"{path} is open to others (mode {mode:04o}): if nobody else read it, chmod 600 {path}")


def _draft(path: Path, content: bytes, *, mode: int) -> Path:
    # Not named by process: two containers that share a volume may both be process 1.
    draft = path.with_name(f"{path.name}.{request_id()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
