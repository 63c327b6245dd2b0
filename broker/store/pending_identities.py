"""Rows of identities that wait to be added to an account: a minute at most, each taken once."""

import json
from dataclasses import asdict, replace
from typing import Any

from broker.models.connections import PendingIdentity
from broker.models.identities import AddressCandidate, ProviderIdentity
from broker.store.base import Connection, Row
from broker.store.portions import delete_portion

_TUPLES = ("roles", "missing_claims")


async def insert_pending(c: Connection, pending: PendingIdentity) -> None:
    """Add one."""
    await c.execute(
        "INSERT INTO pending_identities (code_hash, user_id, redeemer, code_challenge, identity, failures, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        pending.code_hash,
        pending.user_id,
        pending.redeemer,
        pending.code_challenge,
        _text(pending.identity),
        pending.failures,
        pending.expires_at,
    )


async def pending(c: Connection, code_hash: str) -> PendingIdentity | None:
    """Look at one without taking it."""
    row = await c.fetch_one(
        "SELECT code_hash, user_id, redeemer, code_challenge, identity, failures, expires_at FROM pending_identities"
        " WHERE code_hash = $1",
        code_hash,
    )
    return None if row is None else _pending(row)


async def take_pending(c: Connection, code_hash: str) -> PendingIdentity | None:
    """Use it up. Of any number who try at once exactly one gets it."""
    row = await c.fetch_one(
        "DELETE FROM pending_identities WHERE code_hash = $1"
        " RETURNING code_hash, user_id, redeemer, code_challenge, identity, failures, expires_at",
        code_hash,
    )
    return None if row is None else _pending(row)


async def count_pending_failure(c: Connection, code_hash: str) -> int:
    """Count a wrong verifier; answers how many there were, 0 when it is gone."""
    row = await c.fetch_one(
        "UPDATE pending_identities SET failures = failures + 1 WHERE code_hash = $1 RETURNING failures", code_hash
    )
    return 0 if row is None else int(row["failures"])


async def delete_expired_pending(c: Connection, *, now: int) -> int:
    """Drop a portion of those that nobody came for; answers how many."""
    return await delete_portion(c, "pending_identities", "expires_at <= $1", now, key="code_hash")


def _text(identity: ProviderIdentity) -> str:
    return json.dumps(asdict(replace(identity, tokens=None)), separators=(",", ":"))


def _pending(row: Row) -> PendingIdentity:
    content: dict[str, Any] = json.loads(row["identity"])
    content["candidates"] = tuple(AddressCandidate(**each) for each in content["candidates"])
    content.update({name: tuple(content[name]) for name in _TUPLES})
    return PendingIdentity(
        code_hash=row["code_hash"],
        user_id=row["user_id"],
        redeemer=row["redeemer"],
        code_challenge=row["code_challenge"],
        identity=ProviderIdentity(**content),
        failures=row["failures"],
        expires_at=row["expires_at"],
    )
