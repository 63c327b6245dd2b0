"""The use cases of this folder put together, as far as they need no more than the store: for one configuration."""

from collections.abc import Callable
from dataclasses import dataclass

from broker.accounts.administration import Administration
from broker.accounts.connecting import Connecting
from broker.accounts.connection_profiles import ConnectionProfiles
from broker.accounts.metadata import Metadata
from broker.accounts.own_account import OwnAccount
from broker.accounts.profile_sign_outs import ProfileSignOuts
from broker.accounts.upkeep import Upkeep
from broker.clock import Clock
from broker.models.identities import Identity
from broker.store.base import Store


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """All of it."""

    connecting: Connecting
    connection_profiles: ConnectionProfiles
    profile_sign_outs: ProfileSignOuts
    own: OwnAccount
    metadata: Metadata
    administration: Administration
    upkeep: Upkeep


def accounts_of(store: Store, clock: Clock, *, allow_deletion: bool, is_usable: Callable[[Identity], bool]) -> Accounts:
    """For these settings; `is_usable` as in `OwnAccount`."""
    return Accounts(
        connecting=Connecting(store, clock),
        connection_profiles=ConnectionProfiles(store),
        profile_sign_outs=ProfileSignOuts(store, clock),
        own=OwnAccount(store, clock, allow_deletion=allow_deletion, is_usable=is_usable),
        metadata=Metadata(store, clock),
        administration=Administration(store, clock),
        upkeep=Upkeep(store, clock),
    )
