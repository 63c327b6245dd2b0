import os
from pathlib import Path

import pytest

from broker.errors import ConfigError, StoreUnavailable
from broker.store.open import open_store, sqlite_path


def test_a_relative_file_lies_beside_the_configuration() -> None:
    assert sqlite_path("sqlite:///broker.db", base_dir=Path("/etc/broker")) == Path("/etc/broker/broker.db")
    assert sqlite_path("sqlite:///data/b%20r.db", base_dir=Path("/srv")) == Path("/srv/data/b r.db")
    assert sqlite_path("sqlite:////var/lib/broker.db", base_dir=Path("/etc/broker")) == Path("/var/lib/broker.db")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "broker.db",
        "mysql://localhost/broker",
        "sqlite:broker.db",
        "sqlite://broker.db",
        "sqlite://host/broker.db",
        "sqlite:///",
        "sqlite:///folder/",
        "sqlite:///:memory:",
        "sqlite:///broker.db?mode=ro",
        "sqlite:///broker.db#x",
    ],
)
async def test_a_url_that_cannot_be_meant_is_a_mistake_in_the_configuration(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        await open_store(url, pool_min=0, pool_max=1, base_dir=tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://broker:s3cret@127.0.0.1:1/broker",
        "postgres://broker:s3cret@127.0.0.1:1,127.0.0.1:2/broker",
        "postgresql://broker:s3cret@/broker?host=/nowhere",
        "postgresql://broker:s3cret@127.0.0.1:1/broker?target_session_attrs=prefer-standby",
    ],
)
async def test_a_server_that_is_not_there_is_named_and_the_password_is_not(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"PostgreSQL at (127\.0\.0\.1:1|/nowhere)") as raised:
        await open_store(url, pool_min=0, pool_max=1, base_dir=tmp_path)
    assert "s3cret" not in raised.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://broker:s3c#ret@localhost/broker",
        "postgresql://broker:s3cret/@localhost/broker",
        "postgresql://broker:s3cret@[::1/broker",
        "postgresql://broker:s3cret@localhost/broker?sslmode",
        "postgresql://broker:s3cret@localhost/broker?sslmode=sometimes",
        "postgresql://broker:s3cret@localhost/broker?target_session_attrs=fast",
        "postgresql://broker:s3cret@localhost/broker?connect_timeout=soon",
    ],
)
async def test_a_postgresql_url_that_cannot_be_read_is_a_mistake_and_is_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database\.url") as raised:
        await open_store(url, pool_min=1, pool_max=1, base_dir=tmp_path)
    assert "s3c" not in str(raised.value)


@pytest.mark.postgres
async def test_a_database_that_is_not_there_is_named(empty_postgres_url: str, tmp_path: Path) -> None:
    url = empty_postgres_url.replace("/broker_test_", "/no_broker_test_")
    with pytest.raises(StoreUnavailable, match=r'database "no_broker_test_\w+" does not exist'):
        await open_store(url, pool_min=1, pool_max=1, base_dir=tmp_path)


@pytest.mark.parametrize(("smallest", "largest"), [(0, 0), (3, 2), (-1, 2)])
async def test_a_pool_that_cannot_be_is_a_mistake(smallest: int, largest: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database\.pool"):
        await open_store("postgresql://127.0.0.1:1/b", pool_min=smallest, pool_max=largest, base_dir=tmp_path)
