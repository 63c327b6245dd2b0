"""PostgreSQL's URL, as libpq reads it (PostgreSQL documentation, "Connection URIs" and "Parameter Key Words").

What asyncpg understands it is given; what only libpq knows is honoured here, is harmless to leave out, or is refused:
somebody who asks for channel binding must not silently get none. Several hosts become one URL each, so that a host
that has vanished costs its own timeout and not everybody's.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from broker.errors import ConfigError

_CONNECT_SECONDS = 4.0
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile", "servicefile")
_LEFT_OUT = frozenset(
    {
        "connect_timeout",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
_ONLY_IF = {
    "channel_binding": ("disable", "prefer"),
    "gssencmode": ("disable", "prefer"),
    "client_encoding": ("utf8", "UTF8", "UTF-8", "auto"),
}
_REFUSED = ("hostaddr", "requirepeer", "require_auth", "sslcrldir", "sslcertmode", "replication", "gssdelegation")


@dataclass(frozen=True, kw_only=True)
class PostgresAddress:
    """Where the server is and how to speak to it.

    `dsns` has one URL for each host, in order; `place` is for messages (no password); `connect_timeout` is in seconds
    and for each host; `prefers_standby` stands for `target_session_attrs=prefer-standby`.
    """

    dsns: tuple[str, ...]
    place: str
    connect_timeout: float
    server_settings: dict[str, str]
    ssl_context: ssl.SSLContext | None
    prefers_standby: bool


def read_postgres_url(url: str) -> PostgresAddress:
    """Take the URL apart. Raises `ConfigError`, which repeats nothing that may be a password."""
    try:
        parts = urlsplit(url)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    except ValueError as error:
        raise ConfigError("database.url cannot be read: is something in it not percent-encoded?") from error
    if parts.fragment:
        raise ConfigError("database.url has a # in it: in a password it is written %23")
    _ensure_honoured(parameters)
    hosts = _hosts(parts, parameters)
    system_roots = parameters.get("sslrootcert") == "system"
    kept = {name: value for name, value in parameters.items() if name not in _LEFT_OUT and name not in _ONLY_IF}
    prefers_standby = kept.get("target_session_attrs") == "prefer-standby"
    if prefers_standby:
        del kept["target_session_attrs"]
    if system_roots:
        # libpq 16: the system's roots, and then the name is always verified.
        kept = {name: value for name, value in kept.items() if name not in ("sslrootcert", "sslmode")}
    return PostgresAddress(
        dsns=tuple(_one_host(parts, kept, host, port) for host, port in hosts),
        place=", ".join(f"{host}:{port}" if port else host or "the default host" for host, port in hosts),
        connect_timeout=_seconds(parameters.get("connect_timeout", "")),
        server_settings=_server_settings(kept),
        ssl_context=ssl.create_default_context() if system_roots else None,
        prefers_standby=prefers_standby,
    )


def _ensure_honoured(parameters: dict[str, str]) -> None:
    for name in _REFUSED:
        if name in parameters:
            raise ConfigError(f"database.url: the parameter {name} is not supported")
    for name, allowed in _ONLY_IF.items():
        if parameters.get(name, allowed[0]) not in allowed:
            raise ConfigError(f"database.url: {name} can only be {' or '.join(allowed)} here")
    for name in _FILES:
        path = parameters.get(name)
        if path and not (name == "sslrootcert" and path == "system") and not Path(path).is_file():
            raise ConfigError(f"database.url: there is no file {path} ({name})")


def _hosts(parts: SplitResult, parameters: dict[str, str]) -> list[tuple[str, str]]:
    """Hosts with their ports, both "" for the default, from the authority or, as with libpq, from the parameters."""
    authority = parts.netloc.rpartition("@")[2]
    if authority:
        return [_host_and_port(part) for part in authority.split(",")]
    hosts = parameters.get("host", "").split(",")
    ports = parameters.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    if len(hosts) != len(ports):
        raise ConfigError(f"database.url names {len(hosts)} hosts and {len(ports)} ports")
    return list(zip(hosts, ports, strict=True))


def _host_and_port(part: str) -> tuple[str, str]:
    host, colon, port = part.rpartition(":")
    if not colon or part.endswith("]"):
        host, port = part, ""
    if port and not port.isdigit():
        raise ConfigError("database.url: a port is not a number; in a password, : @ / and % are percent-encoded")
    return host, port


def _one_host(parts: SplitResult, parameters: dict[str, str], host: str, port: str) -> str:
    user_info, at, authority = parts.netloc.rpartition("@")
    if not authority:
        named = {"host": host, "port": port}
        parameters = parameters | {name: value for name, value in named.items() if value}
        host = port = ""
    place = f"{host}:{port}" if port else host
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"postgresql://{user_info}{at}{place}{parts.path}{query}"


def _seconds(text: str) -> float:
    """libpq's `connect_timeout`: whole seconds, at least 2; 0 and less would be without end, which we do not offer."""
    try:
        asked = int(text) if text else 0
    except ValueError as error:
        raise ConfigError("database.url: connect_timeout is a number of seconds") from error
    return float(max(asked, 2)) if asked > 0 else _CONNECT_SECONDS


def _server_settings(parameters: dict[str, str]) -> dict[str, str]:
    """Unless the URL says otherwise. A frozen replica must not hold its row locks for good."""
    defaults = {"application_name": "broker", "idle_in_transaction_session_timeout": "60000"}
    return {name: value for name, value in defaults.items() if name not in parameters}
