"""Houses that tests of a module share: `broker serve` on either engine, and a demo beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import running
from tests.cli.houses import House, a_house
from tests.databases import POSTGRES, empty_postgres_url, postgres_database

__all__ = ["empty_postgres_url"]


@pytest.fixture(scope="module")
def postgres_of_module() -> Iterator[str]:
    """An empty PostgreSQL database."""
    yield from postgres_database()


@pytest.fixture(scope="module", params=["sqlite", POSTGRES])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`broker serve` with the shipped configuration, and `broker demo`, on each engine in turn."""
    database = None if request.param == "sqlite" else str(request.getfixturevalue("postgres_of_module"))
    folder = tmp_path_factory.mktemp("house")
    with a_house(folder, database=database, BROKER_DATABASE__POOL__MAX="5") as built, built.serving():
        demo = ("demo", "--port", str(built.ports["app"]), "--broker", built.url)
        with running(*demo, folder=folder):
            yield built


@pytest.fixture
def still_house(tmp_path: Path) -> Iterator[House]:
    """The shipped configuration on SQLite; nothing runs yet."""
    with a_house(tmp_path) as built:
        yield built
