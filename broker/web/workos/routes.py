"""What WorkOS' clients call: every path, and who may call it."""

from broker.web.access import navigation, public
from broker.web.surface import Endpoint
from broker.web.workos import authenticate, authorize, jwks, logout, profile, sso_token
from broker.web.workos.connections import CONNECTIONS
from broker.web.workos.errors import ApiDialect, MessageDialect
from broker.web.workos.events import EVENTS
from broker.web.workos.memberships import MEMBERSHIPS
from broker.web.workos.organizations import ORGANIZATIONS
from broker.web.workos.profile import ProfileDialect
from broker.web.workos.registered import REGISTERED
from broker.web.workos.sso_logout import SSO_LOGOUT
from broker.web.workos.user_sessions import USER_SESSIONS
from broker.web.workos.users import USERS
from broker.web.workos.webhook_endpoints import WEBHOOK_ENDPOINTS

PREFIXES = ("/sso/", "/user_management/", "/organizations", "/connections", "/events", "/webhook_endpoints")
"""Where this face lives: what lies below speaks its error shapes and request ids."""


BROWSER: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/sso/authorize", handler=authorize.sso, access=navigation, bucket="starts"),
    Endpoint(
        method="GET",
        path="/user_management/authorize",
        handler=authorize.user_management,
        access=navigation,
        bucket="starts",
    ),
    Endpoint(
        method="GET",
        path="/user_management/sessions/logout",
        handler=logout.logout,
        access=logout.followed,
        bucket="tokens",
        dialect=ApiDialect(),
    ),
)
"""Page loads."""

EXCHANGES: tuple[Endpoint, ...] = (
    Endpoint(
        method="POST",
        path="/user_management/authenticate",
        handler=authenticate.authenticate,
        access=public,
        bucket="exchanges",
    ),
    Endpoint(method="POST", path="/sso/token", handler=sso_token.token, access=public, bucket="exchanges"),
)
"""Codes and tokens; the body says who asks."""

ANYBODY: tuple[Endpoint, ...] = (
    Endpoint(method="GET", path="/sso/profile", handler=profile.profile, access=public, dialect=ProfileDialect()),
    Endpoint(method="GET", path="/sso/jwks/{client_id}", handler=jwks.jwks, access=public, dialect=MessageDialect()),
)
"""What is public, or asks for a token of its own."""

MANAGEMENT: tuple[Endpoint, ...] = (
    *ANYBODY,
    *SSO_LOGOUT,
    *USERS,
    *USER_SESSIONS,
    *EVENTS,
    *WEBHOOK_ENDPOINTS,
    *REGISTERED,
    *ORGANIZATIONS,
    *CONNECTIONS,
    *MEMBERSHIPS,
)
"""What an application's program asks, with its API key."""
