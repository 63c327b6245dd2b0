"""Providers of organizations' own connections: built when somebody comes by one, kept while they are used.

Two things may change under a sign-in that is under way: the configuration, and which process answers. What a connection
asks never changes (`models/organizations`), so any process builds the same again; what an older configuration made of
it is kept as long as a sign-in is good for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from broker.clock import Clock
from broker.config.sections.microsoft import MicrosoftSection
from broker.config.sections.section import Complaint
from broker.errors import ConfigError
from broker.models.identities import ProviderIdentity
from broker.models.organizations import OrganizationConnection
from broker.models.signins import CodeGrant
from broker.providers.base import Provider
from broker.providers.microsoft.connection import complaints, section_of
from broker.providers.microsoft.provider import MicrosoftProvider
from broker.providers.setting import Setting

UNUSED_SECONDS: Final = 11 * 60
"""So long after its last use a provider is closed: longer than any sign-in that it began is good for."""
MOST_KEPT: Final = 200
_BUSY_SECONDS: Final = 60


class ConnectionProvider(MicrosoftProvider):
    """Microsoft by an organization's own connection."""

    def __init__(
        self,
        section: MicrosoftSection,
        connection: OrganizationConnection,
        *,
        setting: Setting,
        emulator_url: str | None,
    ) -> None:
        super().__init__(section, setting=setting, emulator_url=emulator_url, id=connection.provider)
        self._is_operators = connection.provider_client_id is None

    async def identify(self, grant: CodeGrant) -> ProviderIdentity:
        """Who it is. What a customer's registration lacks is not told to the operator, who cannot change it."""
        identity = await super().identify(grant)
        return identity if self._is_operators else replace(identity, is_operators=False, missing_claims=())


@dataclass(kw_only=True)
class _Kept:
    provider: Provider
    used_at: float = 0


@dataclass(kw_only=True)
class Pool:
    """The providers that are kept in this process, by connection and by what each was built from. Outlives a reload."""

    clock: Clock
    kept: dict[str, list[tuple[object, _Kept]]] = field(default_factory=dict)

    def find(self, connection_id: str, parts: object) -> Provider | None:
        """The one that was built from these parts."""
        for known, each in self.kept.get(connection_id, ()):
            if known == parts:
                each.used_at = self.clock.monotonic()
                return each.provider
        return None

    def add(self, connection_id: str, parts: object, provider: Provider) -> None:
        """Keep another one."""
        kept = _Kept(provider=provider, used_at=self.clock.monotonic())
        self.kept.setdefault(connection_id, []).append((parts, kept))

    def others(self, connection_id: str, provider: Provider) -> tuple[Provider, ...]:
        """What else was built of this connection, and may have sign-ins under way."""
        return tuple(each.provider for _, each in self.kept.get(connection_id, ()) if each.provider is not provider)

    async def close_unused(self) -> None:
        """Close what nobody used for long, and the longest unused ones of too many."""
        now = self.clock.monotonic()
        everything = [(each.used_at, name, each) for name, group in self.kept.items() for _, each in group]
        everything.sort(key=lambda found: found[0])
        crowd = len(everything) - MOST_KEPT
        for place, (used_at, name, each) in enumerate(everything):
            age = now - used_at
            if age > UNUSED_SECONDS or (place < crowd and age > _BUSY_SECONDS):
                self.kept[name] = [found for found in self.kept[name] if found[1] is not each]
                if not self.kept[name]:
                    del self.kept[name]
                await each.provider.close()

    async def close(self) -> None:
        """Close all of them."""
        groups = list(self.kept.values())
        self.kept.clear()
        for group in groups:
            for _, each in group:
                await each.provider.close()


class ConnectionBuilder:
    """Builds providers of connections by one configuration."""

    def __init__(
        self, environment: MicrosoftSection, *, setting: Setting, emulator_url: str | None, pool: Pool
    ) -> None:
        self._environment = environment
        self._setting = setting
        self._emulator_url = emulator_url
        self._pool = pool

    async def provider(self, connection: OrganizationConnection, secret: str | None) -> Provider:
        """The provider of this connection. Raises `ConfigError` where the configuration has nothing to build it of."""
        await self._pool.close_unused()
        try:
            section = section_of(self._environment, connection, secret)
        except ValueError as error:
            raise ConfigError("a connection does not fit the settings of Microsoft") from error
        parts = (section, self._setting.callback_url, self._emulator_url)
        found = self._pool.find(connection.id, parts)
        if found is None:
            # The configuration may have changed since the connection was made.
            mistake = next(self.complaints(connection, secret), None)
            if mistake is not None:
                raise ConfigError(f"{mistake.key} {mistake.message}")
            found = ConnectionProvider(section, connection, setting=self._setting, emulator_url=self._emulator_url)
            self._pool.add(connection.id, parts, found)
        return found

    def former(self, connection: OrganizationConnection, current: Provider) -> tuple[Provider, ...]:
        """What earlier configurations made of it."""
        return self._pool.others(connection.id, current)

    def complaints(self, connection: OrganizationConnection, secret: str | None) -> Iterator[Complaint]:
        """Why no provider can be made of it, by keys of Microsoft's section."""
        return complaints(self._environment, connection, secret)
