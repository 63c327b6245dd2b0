"""Sign-ins that go by an organization's own connection: who is asked, and who answers.

The row is read each time, so that what an application changes on one replica counts on all of them at once; a sign-in
that is under way finds what it began with, for what a connection asks never changes.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from broker.accounts.connection_secrets import opened_secret
from broker.accounts.joining import Coming
from broker.crypto import SecretKeys
from broker.errors import ConfigError, IdentityRefused, InvalidRequest
from broker.models.identities import ProviderIdentity
from broker.models.organizations import OrganizationConnection
from broker.models.provider_ids import connection_of
from broker.models.signins import SignIn
from broker.providers.base import Provider
from broker.store import organization_connections as rows
from broker.store.base import Store
from broker.telemetry.logging import get_logger

MOST_SHOWN: Final = 20
"""A page of more ways to sign in is none that people find theirs on."""


class Builder(Protocol):
    """Builds the provider of a connection (`providers/connections`)."""

    async def provider(self, connection: OrganizationConnection, secret: str | None) -> Provider:
        """Raises `ConfigError` where there is nothing to build it of."""
        ...

    def former(self, connection: OrganizationConnection, current: Provider) -> tuple[Provider, ...]:
        """What earlier configurations made of it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Answering:
    """Who may answer a callback beside the configured providers."""

    providers: Mapping[str, Provider] = field(default_factory=dict)
    former: Sequence[Provider] = ()


def coming_of(sign_in: SignIn, identity: ProviderIdentity, *, user_id: str) -> Coming | None:
    """Who comes into which organization, where the sign-in is for one. Raises `IdentityRefused`."""
    connection_id = connection_of(sign_in.provider)
    organization_id = None if sign_in.application is None else sign_in.application.organization_id
    if organization_id is not None:
        return Coming(user_id=user_id, identity=identity, organization_id=organization_id, connection_id=connection_id)
    if connection_id is not None:
        raise IdentityRefused("an organization's connection, and no organization", code="invalid_request")
    return None


class Connections:
    """The providers of organizations' own connections."""

    def __init__(self, store: Store, secrets: SecretKeys, builder: Builder) -> None:
        self._store = store
        self._secrets = secrets
        self._builder = builder

    async def find(self, provider_id: str) -> Provider | None:
        """The provider that is a connection which stands and is active. Raises `StoreUnavailable`, `SealBroken`."""
        found = await self._found(provider_id)
        return None if found is None else found[1]

    async def of(self, organization_id: str) -> Sequence[tuple[str, Provider]]:
        """An organization's active connections that can be used, oldest first: each one's name, and its provider.

        Raises `StoreUnavailable`, `SealBroken`.
        """
        async with self._store.read() as c:
            there = await rows.connections_of(c, organization_id)
        usable = []
        for connection in [each for each in there if each.state == "active"][:MOST_SHOWN]:
            with suppress(InvalidRequest):
                usable.append((connection.name, await self._provider(connection)))
        return usable

    async def answering(self, sign_in: object) -> Answering:
        """The provider that this sign-in asked, if it is a connection. Raises as `find` does."""
        if not isinstance(sign_in, SignIn):
            return Answering()
        found = await self._found(sign_in.provider)
        if found is None:
            return Answering()
        connection, provider = found
        return Answering(providers={provider.id: provider}, former=self._builder.former(connection, provider))

    async def _found(self, provider_id: str) -> tuple[OrganizationConnection, Provider] | None:
        connection_id = connection_of(provider_id)
        if connection_id is None:
            return None
        async with self._store.read() as c:
            connection = await rows.connection(c, connection_id)
        if connection is None or connection.state != "active":
            return None
        return connection, await self._provider(connection)

    async def _provider(self, connection: OrganizationConnection) -> Provider:
        """Raises `InvalidRequest` where the configuration has nothing to build it of, `SealBroken`."""
        sealed = connection.sealed_secret
        secret = None if sealed is None else opened_secret(self._secrets, connection.id, sealed)
        try:
            return await self._builder.provider(connection, secret)
        except ConfigError as error:
            get_logger().warning("a connection cannot be used", connection=connection.id, detail=error.detail)
            raise InvalidRequest("the connection cannot be used by this configuration") from error
