"""The application that `broker dev` registers, so that WorkOS' SDKs are tried by changing their one address.

Everything that it registers is on this machine. Its API key is a file beside the database: made once, private.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from broker.crypto import opaque_token
from broker.errors import ConfigError
from broker.private_file import read_private, write_once

if TYPE_CHECKING:
    from broker.cli.dev_configuration import Ports

CLIENT_ID: Final = "client_dev"

_HOSTS = ("localhost", "127.0.0.1")
# As long as what we make: a key that somebody cut short while copying is no key.
_KEY = re.compile(r"sk_[A-Za-z0-9_-]{43,200}", re.ASCII)


def application(ports: "Ports", key_file: str) -> dict[str, Any]:
    """Its entry in `workos.applications`; `key_file` is relative to where the configuration is."""
    schemes = dict.fromkeys(("http", ports.scheme))
    anywhere = [f"{scheme}://{host}:*" for scheme in schemes for host in _HOSTS]
    return {
        "name": "Demo",
        "client_id": CLIENT_ID,
        "api_keys": [{"file": key_file}],
        "redirect_uris": [f"{ports.app_url}/", *(f"{place}/callback" for place in anywhere)],
        "sign_out_redirects": [f"{ports.app_url}/", *(f"{place}/" for place in anywhere)],
        "allowed_origins": [ports.app_url],
    }


def keep_api_key(path: Path) -> None:
    """Have an API key in this file: the one that is there, or else a new one.

    Raises `ConfigError` for a file that holds none, or that somebody else may have read or chosen.
    """
    try:
        if not path.exists():
            write_once(path, f"sk_{opaque_token()}\n".encode())
        key = read_private(path).decode("ascii").strip()
    except OSError as error:
        raise ConfigError(f"{path} can neither be read nor made: {error.strerror}") from error
    except UnicodeDecodeError:
        key = ""
    if not _KEY.fullmatch(key):
        raise ConfigError(f"{path} holds no API key; delete it to get one")
