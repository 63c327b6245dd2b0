"""A database that is there already, and an emulator for each test."""

from tests.databases import empty_sqlite_url as empty_sqlite_url
from tests.databases import sqlite_url as sqlite_url
from tests.peers.microsoft import microsoft_emulator as microsoft_emulator
