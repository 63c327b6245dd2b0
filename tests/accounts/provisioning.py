"""Sign-ins as far as accounts go: one transaction each, tried again when somebody was faster, as the callback does."""

import asyncio
from collections.abc import Sequence
from typing import Any

from broker.accounts.provision import Provisioned, provision
from broker.clock import Clock, FrozenClock
from broker.errors import BrokerError, NotUnique
from broker.models.events import AuditEntry, Requester
from broker.models.identities import ProviderIdentity
from broker.models.users import UserProfile
from broker.providers.base import AccountPolicy
from broker.store import audit, users
from broker.store.base import Store

TABLES = ("users", "emails", "identities", "sessions", "audit_entries")
_TRIES = 4


async def provisioned(
    store: Store,
    person: ProviderIdentity,
    *,
    policy: AccountPolicy | None = None,
    allow_signup: bool = True,
    clock: Clock | None = None,
) -> Provisioned:
    """Who signs in. Raises what refuses them."""
    for _ in range(_TRIES - 1):
        try:
            return await _once(store, person, policy, allow_signup, clock)
        except NotUnique:
            continue
    return await _once(store, person, policy, allow_signup, clock)


async def outcomes(*sign_ins: Any) -> Sequence[Provisioned | str]:
    """All of them at once: who signed in, or the code of the refusal."""
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*sign_ins, return_exceptions=True)
    return [_outcome(answer) for answer in answers]


async def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row that an account consists of, to see what was written and what was not."""
    found = {}
    async with store.read() as c:
        for table in TABLES:
            # The names are those above.
            found[table] = [dict(row) for row in await c.fetch_all(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608
    return found


async def people_in(store: Store) -> list[UserProfile]:
    """All users."""
    async with store.read() as c:
        return await users.profiles(c)


async def trail(store: Store) -> list[AuditEntry]:
    """All audit entries, oldest first."""
    async with store.read() as c:
        return list(reversed(await audit.entries(c)))


async def _once(
    store: Store,
    person: ProviderIdentity,
    policy: AccountPolicy | None,
    allow_signup: bool,
    clock: Clock | None,
) -> Provisioned:
    async with store.transaction() as c:
        return await provision(
            c,
            person,
            policy=policy or AccountPolicy(),
            allow_signup=allow_signup,
            clock=clock or FrozenClock(),
            requester=Requester(request_id="request"),
        )


def _outcome(answer: object) -> Provisioned | str:
    if isinstance(answer, Provisioned):
        return answer
    if isinstance(answer, BrokerError):
        return answer.code
    assert isinstance(answer, BaseException)
    raise answer
