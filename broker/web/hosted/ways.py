"""The ways to sign in that a page has: the configured providers, and for an organization its own connections first."""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.models.provider_ids import provider_name
from broker.signin.start import StartSignIn
from broker.web.broker import Broker


@dataclass(frozen=True, kw_only=True)
class Way:
    """A provider's id, what people call it, and whether an emulator stands in for it."""

    id: str
    name: str
    emulator: bool


def last_used(ways: Sequence[Way], unverified_last: str | None) -> Way | None:
    """Which of them a browser came by last; who came by an organization's connection came by its provider, too."""
    if unverified_last is None:
        return None
    by_id = {way.id: way for way in ways}
    return by_id.get(unverified_last) or by_id.get(provider_name(unverified_last))


async def ways_of(intent: StartSignIn, broker: Broker) -> Sequence[Way]:
    """In the order of the configuration. What is not among them cannot be chosen on the page."""
    organization_id = None if intent.application is None else intent.application.organization_id
    own = [] if organization_id is None else await broker.connections.of(organization_id)
    configured = [(provider.display_name, provider) for provider in broker.providers.values()]
    return [Way(id=each.id, name=name, emulator=each.emulator) for name, each in (*own, *configured)]
