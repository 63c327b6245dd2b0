"""The fixtures of tests/databases, for the few modules here whose whole work is in the database."""

from tests.databases import database_url as database_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
from tests.databases import store as store
