"""The parts of this folder put together: what a sign-in keeps by, what hands tokens out, what asks again."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.grants.asking import Asking, RenewalObserver
from broker.grants.reading import ProviderTokenReads, ReadObserver
from broker.grants.recheck import Recheck
from broker.grants.renewal import Renewal
from broker.grants.vault import Vault
from broker.providers.base import Provider
from broker.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Grants:
    """All of it, for one configuration."""

    vault: Vault
    reads: ProviderTokenReads
    recheck: Recheck


def grants_of(
    providers: Mapping[str, Provider],
    *,
    store: Store,
    secrets: SecretKeys,
    clock: Clock,
    on_renewal: RenewalObserver,
    on_read: ReadObserver,
) -> Grants:
    """For these providers."""
    vault = Vault(secrets, clock)
    asking = Asking(store=store, vault=vault, clock=clock, observe=on_renewal)
    renewal = Renewal(store=store, vault=vault, clock=clock, asking=asking, providers=providers)
    return Grants(
        vault=vault,
        reads=ProviderTokenReads(store=store, renewal=renewal, clock=clock, observe=on_read),
        recheck=Recheck(store=store, renewal=renewal, clock=clock, providers=providers),
    )
