"""Which connection a sign-in goes by: a provider's name, a connection, or an organization. Exactly one of them.

The environment's own connections are the configured providers; each has an id of its own, which never changes. An
organization has connections of its own: with one that is active, naming the organization is naming it; of several a
hint tells which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from broker.crypto import named_id
from broker.errors import NotFound
from broker.models.organizations import OrganizationConnection
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
    broker: Broker,
    *,
    provider: str | None,
    connection: str | None,
    organization: str | None,
    domain_hint: str | None,
    page_is_served: bool,
) -> Selected | NotSelected:
    """The connection that the request means. `page_is_served`: it may leave the choice to the person."""
    given = [each for each in (provider, connection, organization) if each is not None]
    at_page = page_is_served and provider == PAGE
    if at_page and connection is None:
        given = [PAGE]
    if len(given) != 1:
        return NotSelected(
            code="invalid_connection_selector",
            sentence="Exactly one of provider, connection and organization selects a connection.",
        )
    if organization is not None:
        return await _by_organization(broker, organization, domain_hint=domain_hint, may_ask=at_page)
    if at_page:
        return Selected(provider=None)
    if connection is not None:
        return await _by_connection(broker, connection)
    return _by_provider(broker, provider or "")


def _by_provider(broker: Broker, provider: str) -> Selected | NotSelected:
    own = PROVIDERS.get(provider)
    if own is None and provider not in KNOWN:
        return NotSelected(code="connection_strategy_invalid", sentence="The provider is not valid.")
    if own is None or own not in broker.providers:
        return NotSelected(code="connection_invalid", sentence="The provider is not configured here.")
    return Selected(provider=own, connection_id=connection_id_of(own))


async def _by_connection(broker: Broker, unverified_connection: str) -> Selected | NotSelected:
    wanted = ids.read("conn", unverified_connection)
    for own in broker.providers:
        if wanted == connection_id_of(own):
            return Selected(provider=own, connection_id=wanted)
    try:
        found = None if wanted is None else await broker.organizing.connections.get(wanted)
    except NotFound:
        found = None
    if found is None:
        return NotSelected(code="connection_invalid", sentence="There is no such connection.")
    return _of_organization(found)


async def _by_organization(
    broker: Broker, unverified_organization: str, *, domain_hint: str | None, may_ask: bool
) -> Selected | NotSelected:
    """`may_ask`: where no connection of its own is meant, the person chooses on our page, and must be a member."""
    wanted = ids.read("org", unverified_organization)
    try:
        organization = None if wanted is None else await broker.organizing.organizations.get(wanted)
    except NotFound:
        organization = None
    if organization is None:
        return NotSelected(code="organization_invalid", sentence="There is no such organization.")
    there = await broker.organizing.connections.of(organization.id)
    active = [each for each in there if each.state == "active"]
    hinted = [
        each for each in active if domain_hint is not None and domain_hint.lower() in (each.tenant, *each.domains)
    ]
    for found in (active, hinted):
        if len(found) == 1:
            return _of_organization(found[0])
    if may_ask:
        return Selected(provider=None, organization_id=organization.id)
    if active:
        sentence = "The organization has several connections: name one, or give a domain_hint."
        return NotSelected(code="ambiguous_connection_selector", sentence=sentence)
    if there:
        return NotSelected(code="connection_unlinked", sentence="No connection of the organization is active.")
    return NotSelected(code="organization_invalid", sentence="The organization has no connection.")


def _of_organization(found: OrganizationConnection) -> Selected | NotSelected:
    if found.state != "active":
        return NotSelected(code="connection_unlinked", sentence="The connection is not active.")
    return Selected(
        provider=found.provider,
        connection_id=found.id,
        organization_id=found.organization_id,
    )
