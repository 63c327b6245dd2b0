"""Which connection a sign-in goes by: a provider's name, a connection, or an organization. Exactly one of them.

The environment's own connections are the configured providers; each has an id of its own, which never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from broker.crypto import named_id
from broker.web.broker import Broker
from broker.web.workos import ids

PAGE: Final = "authkit"
"""No provider but our page, where the person chooses."""
PROVIDERS: Final[Mapping[str, str]] = {"MicrosoftOAuth": "microsoft"}
KNOWN: Final = frozenset(
    {"AppleOAuth", "BitbucketOAuth", "DiscordOAuth", "GitHubOAuth", "GitLabOAuth", "GoogleOAuth", "IntuitOAuth",
     "LinkedInOAuth", "SalesforceOAuth", "SlackOAuth", "VercelMarketplaceOAuth", "VercelOAuth", "XeroOAuth"}
)  # fmt: skip
"""Names that clients may send and that mean nothing here."""


@dataclass(frozen=True, kw_only=True)
class Selected:
    """`provider` is `None` where the person chooses on our page."""

    provider: str | None
    connection_id: str | None = None
    organization_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NotSelected:
    """Why there is no connection to go by: an error code of this face, and a sentence."""

    code: str
    sentence: str


def connection_id_of(provider: str) -> str:
    """Our id of the connection that a configured provider is."""
    return named_id(f"urn:connection:{provider}")


def connection_type(provider: str) -> str:
    """What kind of connection a provider is."""
    return "MicrosoftOAuth" if provider == "microsoft" else "GenericOIDC"


def authentication_method(provider: str) -> str:
    """How somebody authenticated who came by this provider."""
    return "MicrosoftOAuth" if provider == "microsoft" else "SSO"


async def select(
    broker: Broker, *, provider: str | None, connection: str | None, organization: str | None, page_is_served: bool
) -> Selected | NotSelected:
    """The connection that the request means. `page_is_served`: it may leave the choice to the person."""
    given = [each for each in (provider, connection, organization) if each is not None]
    if page_is_served and provider == PAGE and connection is None:
        given = [PAGE]
    if len(given) != 1:
        return NotSelected(
            code="invalid_connection_selector",
            sentence="Exactly one of provider, connection and organization selects a connection.",
        )
    if provider is not None:
        return _by_provider(broker, provider, page_is_served=page_is_served)
    if connection is not None:
        return _by_connection(broker, connection)
    return NotSelected(code="organization_invalid", sentence="There is no such organization.")


def _by_provider(broker: Broker, provider: str, *, page_is_served: bool) -> Selected | NotSelected:
    if page_is_served and provider == PAGE:
        return Selected(provider=None)
    own = PROVIDERS.get(provider)
    if own is None and provider not in KNOWN:
        return NotSelected(code="connection_strategy_invalid", sentence="The provider is not valid.")
    if own is None or own not in broker.providers:
        return NotSelected(code="connection_invalid", sentence="The provider is not configured here.")
    return Selected(provider=own, connection_id=connection_id_of(own))


def _by_connection(broker: Broker, unverified_connection: str) -> Selected | NotSelected:
    wanted = ids.read("conn", unverified_connection)
    for own in broker.providers:
        if wanted == connection_id_of(own):
            return Selected(provider=own, connection_id=wanted)
    return NotSelected(code="connection_invalid", sentence="There is no such connection.")
