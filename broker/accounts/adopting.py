"""The addresses that come with an identity: added, proven, taken over from who must give way, or left where they are.

Which of it happens is decided in `accounts/linking`; here it is written, in the transaction of the sign-in.
"""

from collections.abc import Sequence
from typing import Any

from broker.accounts.linking import AddressChange, addresses_in_question
from broker.clock import Clock
from broker.crypto import new_id, token_hash
from broker.errors import NotUnique
from broker.events.catalogue import Event
from broker.events.trail import is_recorded, record
from broker.models.events import Requester
from broker.models.identities import ProviderIdentity
from broker.models.users import Email
from broker.store import users
from broker.store.base import Connection
from broker.store.users import AddressHolder


class Addresses:
    """Those of one identity, in one transaction."""

    def __init__(self, connection: Connection, identity: ProviderIdentity, clock: Clock, requester: Requester) -> None:
        self._connection = connection
        self._identity = identity
        self._clock = clock
        self._requester = requester

    async def apply(self, change: AddressChange, user_id: str, *, is_primary: bool, announce: bool = True) -> None:
        """Carry one change out; a new user's addresses are not announced each for itself."""
        if change.release is not None:
            await self._release(change.release)
        if change.kind == "not_adopted":
            await self._note_not_adopted(change.candidate.address, user_id)
        elif change.kind == "prove":
            await self._prove(change)
            await self._told(Event.ADDRESS_PROVEN, user_id=user_id, verified_by=change.candidate.verified_by)
        else:
            await users.insert_email(self._connection, self._email(change, user_id, is_primary=is_primary))
            if announce:
                await self._told(Event.ADDRESS_ADDED, user_id=user_id, verified_by=change.candidate.verified_by)

    async def _note_not_adopted(self, address: str, user_id: str) -> None:
        """Once, not at every sign-in: a hash with the user's id in it stands for the address, which the trail never
        holds, and tells nothing about it to whoever reads of another user.
        """
        event, address_hash = Event.ADDRESS_NOT_ADOPTED, token_hash(f"{user_id} {address}")[:32]
        detail = {"provider": self._identity.provider, "address_hash": address_hash}
        if not await is_recorded(self._connection, event, user_id=user_id, detail=detail):
            await self._told(event, user_id=user_id, address_hash=address_hash)

    async def _release(self, holder: AddressHolder) -> None:
        if not await users.release_address(self._connection, holder, now=self._clock.now()):
            raise NotUnique("who holds the address has changed meanwhile")
        await self._told(Event.ADDRESS_RELEASED, user_id=holder.user_id)

    async def _prove(self, change: AddressChange) -> None:
        assert change.email_id is not None  # noqa: S101 - `prove` names our own row
        assert change.candidate.verified_by is not None  # noqa: S101 - only acceptable candidates change anything
        await users.prove_address(
            self._connection,
            change.email_id,
            verified_by=change.candidate.verified_by,
            is_verified=change.candidate.proves_mailbox,
            now=self._clock.now(),
        )

    def _email(self, change: AddressChange, user_id: str, *, is_primary: bool) -> Email:
        now = self._clock.now()
        return Email(
            id=new_id(self._clock.now_ms()),
            user_id=user_id,
            address=change.candidate.address,
            is_primary=is_primary,
            is_verified=change.candidate.proves_mailbox,
            verified_by=change.candidate.verified_by,
            created_at=now,
            updated_at=now,
        )

    async def holders(self, emails: Sequence[Email]) -> tuple[AddressHolder, ...]:
        """Who holds the addresses in question, for a person who has these already."""
        asked = addresses_in_question(self._identity, emails)
        return tuple(await users.holders(self._connection, asked)) if asked else ()

    async def _told(
        self, event: Event, *, user_id: str, verified_by: str | None = None, address_hash: str | None = None
    ) -> None:
        told = {"verified_by": verified_by, "address_hash": address_hash}
        detail: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        await record(
            self._connection,
            event,
            clock=self._clock,
            user_id=user_id,
            requester=self._requester,
            provider=self._identity.provider,
            **detail,
        )
