"""The use cases of this folder put together, as far as they need no more than the store: for one configuration."""

from dataclasses import dataclass

from broker.accounts.administration import Administration
from broker.accounts.connecting import Connecting
from broker.accounts.metadata import Metadata
from broker.accounts.own_account import OwnAccount
from broker.clock import Clock
from broker.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """All of it."""

    connecting: Connecting
    own: OwnAccount
    metadata: Metadata
    administration: Administration


def accounts_of(store: Store, clock: Clock, *, allow_deletion: bool) -> Accounts:
    """For these settings."""
    return Accounts(
        connecting=Connecting(store, clock),
        own=OwnAccount(store, clock, allow_deletion=allow_deletion),
        metadata=Metadata(store, clock),
        administration=Administration(store, clock),
    )
