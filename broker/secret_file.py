"""The secret that a development deployment makes for itself: a file beside its database, readable by its owner only.

Production never gets here; it names its secrets in the configuration.
"""

from pathlib import Path

from broker.crypto import MINIMUM_SECRET_LENGTH, new_secret
from broker.errors import ConfigError
from broker.private_file import read_private, write_once


def read_or_create(path: Path) -> tuple[str, bool]:
    """The secret in the file and whether it was made just now.

    Raises `ConfigError` for a file that holds none, and for one that is somebody else's or open to others: whoever can
    read it signs sessions of ours, whoever can write it chooses what we trust.
    """
    try:
        created = _create(path)
        secret = read_private(path, otherwise=", or set secrets.keys").decode("ascii").strip()
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
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_once(path, f"{new_secret()}\n".encode())
