"""The secret that a development deployment makes for itself: a file beside its database, readable by its owner only.

Production never gets here; it names its secrets in the configuration.
"""

import os
import stat
from pathlib import Path

from broker.crypto import MINIMUM_SECRET_LENGTH, new_secret, request_id
from broker.errors import ConfigError


def read_or_create(path: Path) -> tuple[str, bool]:
    """The secret in the file and whether it was made just now.

    Raises `ConfigError` for a file that holds none, and for one that is somebody else's or open to others: whoever can
    read it signs sessions of ours, whoever can write it chooses what we trust.
    """
    try:
        created = _create(path)
        with path.open(encoding="ascii") as file:
            _require_private(path, os.fstat(file.fileno()))
            secret = file.read().strip()
    except OSError as error:
        raise ConfigError(f"{path} can neither be read nor made: {error.strerror}; or set secrets.keys") from error
    except UnicodeDecodeError:
        created, secret = False, ""
    if len(secret) < MINIMUM_SECRET_LENGTH:
        raise ConfigError(
            f"{path} holds no secret of at least {MINIMUM_SECRET_LENGTH} characters; delete it to get one"
        )
    return secret, created


def _require_private(path: Path, found: os.stat_result) -> None:
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to another user (uid {found.st_uid}): run as that user, or set secrets.keys")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise ConfigError(f"{path} is open to others (mode {mode:04o}): if nobody else read it, chmod 600 {path}")


def _create(path: Path) -> bool:
    """Write it whole and then give it its name, so that of two servers starting at once both read the same."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not named by process: two containers that share a volume may both be process 1.
    draft = path.with_name(f"{path.name}.{request_id()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(new_secret() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
