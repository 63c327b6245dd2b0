"""Hanko's admin API on the admin address: every path, and which scope of a key may call it."""

from broker.web.surface import Endpoint

ADMIN: tuple[Endpoint, ...] = ()
