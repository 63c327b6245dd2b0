"""The fixtures of tests/databases: people move in on both engines."""

from tests.databases import database_url as database_url
from tests.databases import empty_database_url as empty_database_url
from tests.databases import empty_postgres_url as empty_postgres_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import own_postgres as own_postgres
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.databases import store as store
