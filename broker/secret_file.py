"""The secret that a development deployment makes for itself: a file beside its database, readable by its owner only.

Production never gets here; it names its secrets in the configuration.
"""

import os
from pathlib import Path

from broker.crypto import MINIMUM_SECRET_LENGTH, new_secret, request_id
from broker.errors import ConfigError


def read_or_create(path: Path) -> tuple[str, bool]:
    """The secret in the file and whether it was made just now. Raises `ConfigError` for a file that holds none."""
    try:
        created = _create(path)
        secret = path.read_text("ascii").strip()
    except OSError as error:
        raise ConfigError(f"{path} can neither be read nor made: {error.strerror}; or set secrets.keys") from error
    except UnicodeDecodeError:
        created, secret = False, ""
    if len(secret) < MINIMUM_SECRET_LENGTH:
        raise ConfigError(
            f"{path} holds no secret of at least {MINIMUM_SECRET_LENGTH} characters; delete it to get one"
        )
    return secret, created


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
