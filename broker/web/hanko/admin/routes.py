"""Hanko's admin API on the admin address: every path, and which scope of a key may call it."""

from broker.models.keys import Scope
from broker.web.access import admin_scope
from broker.web.hanko.admin import addresses, audit_log, metadata, sessions, users
from broker.web.hanko.admin.dialects import WordlessDialect
from broker.web.hanko.admin.webhooks import WEBHOOKS
from broker.web.surface import Dialect, Endpoint, Handler


def _endpoint(method: str, path: str, handler: Handler, scope: Scope, dialect: Dialect | None = None) -> Endpoint:
    return Endpoint(method=method, path=path, handler=handler, access=admin_scope(scope), dialect=dialect)


_USER = "/users/{user_id}"
_EMAIL = _USER + "/emails/{email_id}"
_WORDLESS = WordlessDialect()

ADMIN: tuple[Endpoint, ...] = (
    _endpoint("GET", "/users", users.list_users, "users:read"),
    _endpoint("POST", "/users", users.create, "users:write"),
    _endpoint("GET", _USER, users.read, "users:read"),
    _endpoint("PATCH", _USER, users.change, "users:write"),
    _endpoint("DELETE", _USER, users.delete, "users:write"),
    _endpoint("GET", _USER + "/metadata", metadata.read, "users:read"),
    _endpoint("PATCH", _USER + "/metadata", metadata.patch, "users:write"),
    _endpoint("GET", _USER + "/emails", addresses.list_addresses, "users:read"),
    _endpoint("POST", _USER + "/emails", addresses.add, "users:write"),
    _endpoint("GET", _EMAIL, addresses.read, "users:read"),
    _endpoint("DELETE", _EMAIL, addresses.delete, "users:write"),
    _endpoint("POST", _EMAIL + "/set_primary", addresses.set_primary, "users:write", _WORDLESS),
    _endpoint("GET", _USER + "/sessions", sessions.list_sessions, "sessions:read", _WORDLESS),
    _endpoint("DELETE", _USER + "/sessions/{session_id}", sessions.delete, "sessions:write", _WORDLESS),
    _endpoint("POST", "/sessions", sessions.mint, "sessions:write"),
    _endpoint("GET", "/audit_logs", audit_log.list_entries, "audit:read"),
    *WEBHOOKS,
)
