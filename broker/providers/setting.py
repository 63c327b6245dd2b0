"""What every provider is built with beside its own section: where it returns to, the time, who hears of its calls."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from broker.clock import Clock
from broker.net.client import CallObserver, OutboundClient
from broker.providers.credentials.ordered import CredentialObserver
from broker.providers.directory_memory import DirectoryMemory, ProcessMemory
from broker.providers.metadata import StaleObserver


class CredentialWatch(Protocol):
    """Told of a credential that does not serve, for the log."""

    def __call__(self, *, provider: str, credential: str, problem: str, detail: str) -> None: ...


class ClientFactory(Protocol):
    """Makes the one client of a provider's life; `OutboundClient` itself, unless a test wants shorter patience."""

    def __call__(
        self,
        *,
        provider: str,
        clock: Clock,
        named_hosts: frozenset[str],
        ca_file: str | None,
        observe: CallObserver | None,
    ) -> OutboundClient: ...


@dataclass(frozen=True, kw_only=True)
class Setting:
    """`callback_url` is the shared one; a provider with a callback of its own has it below `own_callbacks`.

    `signed_out_url` is where a browser comes back to that signed out at the provider.
    `directories` remembers which directory a configured domain stands for.
    `environ` is where a machine's own identity is described; whatever else there is comes by the configuration.
    """

    callback_url: str
    own_callbacks: str
    signed_out_url: str
    clock: Clock
    observe: CallObserver | None = None
    on_stale: StaleObserver | None = None
    on_credential: CredentialWatch | None = None
    directories: DirectoryMemory = field(default_factory=ProcessMemory)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    make_client: ClientFactory = OutboundClient

    def client(self, *, provider: str, named_hosts: frozenset[str], ca_file: object | None) -> OutboundClient:
        """The client for one provider; `ca_file` is a path or nothing."""
        return self.make_client(
            provider=provider,
            clock=self.clock,
            named_hosts=named_hosts,
            ca_file=str(ca_file) if ca_file is not None else None,
            observe=self.observe,
        )

    def credential_observer(self, provider: str) -> CredentialObserver | None:
        """Who hears of this provider's credentials."""
        return partial(self.on_credential, provider=provider) if self.on_credential is not None else None

    def own_callback_url(self, provider: str) -> str:
        """The callback that only this provider answers on (RFC 9700 4.4: against mix-up)."""
        return f"{self.own_callbacks}/{provider}"
