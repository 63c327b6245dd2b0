"""From a database URL to an open store: which engine, which file, which server."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from broker.errors import ConfigError
from broker.store.base import SCHEMES, Engine, Store
from broker.store.postgres import PostgresStore
from broker.store.postgres_url import read_postgres_url
from broker.store.sqlite import SqliteStore

_SQLITE_FORM = "sqlite:///file.db (relative to the configuration file) or sqlite:////absolute/file.db"


async def open_store(url: str, *, pool_min: int, pool_max: int, base_dir: Path) -> Store:
    """Open the database that `url` names; relative files lie in `base_dir`.

    Raises `ConfigError` for a URL that cannot be meant, `StoreUnavailable` with one sentence about what is in the way.
    No error repeats the URL: there may be a password in it.
    """
    if _engine(url) == "postgres":
        if not 0 <= pool_min <= pool_max or pool_max < 1:
            raise ConfigError("database.pool: min is at least 0, max at least 1 and not less than min")
        return await PostgresStore.open(url, pool_min=pool_min, pool_max=pool_max)
    return await SqliteStore.open(sqlite_path(url, base_dir=base_dir))


def check_url(url: str) -> None:
    """What can be told of a URL without opening it. Raises `ConfigError` for one that cannot be meant."""
    if _engine(url) == "postgres":
        read_postgres_url(url)
    else:
        sqlite_path(url, base_dir=Path())


def _engine(url: str) -> Engine:
    engine = SCHEMES.get(url.partition(":")[0].lower())
    if engine is None:
        raise ConfigError(f"database.url begins with none of {', '.join(f'{known}:' for known in SCHEMES)}")
    return engine


def sqlite_path(url: str, *, base_dir: Path) -> Path:
    """The file that a `sqlite:` URL names. Raises `ConfigError`."""
    parts = urlsplit(url)
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or parts.query or parts.fragment or not url.lower().startswith("sqlite:///"):
        raise ConfigError(f"database.url must be {_SQLITE_FORM}, without host or parameters")
    if not path or path == ":memory:" or path.endswith("/"):
        raise ConfigError(f"database.url names no file: {_SQLITE_FORM}")
    return base_dir / path
