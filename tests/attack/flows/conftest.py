"""Both engines: what a refused action left behind is counted in every table."""

from tests.databases import database_url as database_url
from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import own_postgres as own_postgres
from tests.databases import postgres_url as postgres_url
from tests.databases import sqlite_url as sqlite_url
