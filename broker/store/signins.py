"""Rows that see to it that something happens once: consumed states, and one-time codes. Both hold hashes only.

A consumed state is the one thing written before somebody has proven who they are, and only for a callback whose
cookie and state fitted.
"""

import json
from dataclasses import asdict

from broker.models.sessions import HandedTo, OneTimeCode
from broker.models.signins import ForApplication
from broker.store.at_provider import at_provider_of, at_provider_text
from broker.store.base import Connection, Row
from broker.store.portions import delete_portion

_CODE_COLUMNS = (
    "code_hash, user_id, identity_id, provider, emulator, sign_in_hash, code_challenge, session_id, failures,"
    " created_at, expires_at, provider_session_id, at_provider, redeemer, handed_to, sealed_tokens"
)


async def consume_state(c: Connection, state_hash: str, *, now: int, expires_at: int) -> bool:
    """Whether we are the first to bring this state. Exactly one caller is told so, on whichever replica."""
    inserted = await c.execute(
        "INSERT INTO consumed_states (state_hash, consumed_at, expires_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (state_hash) DO NOTHING",
        state_hash,
        now,
        expires_at,
    )
    return inserted == 1


async def state_is_consumed(c: Connection, state_hash: str) -> bool:
    """Whether somebody brought this state before."""
    return await c.fetch_one("SELECT 1 AS found FROM consumed_states WHERE state_hash = $1", state_hash) is not None


async def insert_code(c: Connection, code: OneTimeCode) -> None:
    """Add a one-time code."""
    await c.execute(
        f"INSERT INTO one_time_codes ({_CODE_COLUMNS})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        code.code_hash,
        code.user_id,
        code.identity_id,
        code.provider,
        code.emulator,
        code.sign_in_hash,
        code.code_challenge,
        code.session_id,
        code.failures,
        code.created_at,
        code.expires_at,
        code.at_provider.session_id,
        at_provider_text(code.at_provider),
        code.redeemer,
        None if code.handed_to is None else _handed_to_text(code.handed_to),
        None if code.handed_to is None else code.handed_to.sealed_tokens,
    )


async def code(c: Connection, code_hash: str) -> OneTimeCode | None:
    """Look at a code without using it up: its PKCE challenge is checked before it is taken."""
    row = await c.fetch_one(
        f"SELECT {_CODE_COLUMNS} FROM one_time_codes WHERE code_hash = $1",  # noqa: S608
        code_hash,
    )
    return None if row is None else _code(row)


async def take_code(c: Connection, code_hash: str) -> OneTimeCode | None:
    """Use a code up. Of any number who try at once exactly one gets it; whether it has expired is theirs to see."""
    row = await c.fetch_one(
        f"DELETE FROM one_time_codes WHERE code_hash = $1 RETURNING {_CODE_COLUMNS}",  # noqa: S608
        code_hash,
    )
    return None if row is None else _code(row)


async def count_failure(c: Connection, code_hash: str) -> int:
    """Count a wrong PKCE verifier; answers how many there were, 0 when the code is gone."""
    row = await c.fetch_one(
        "UPDATE one_time_codes SET failures = failures + 1 WHERE code_hash = $1 RETURNING failures", code_hash
    )
    return 0 if row is None else int(row["failures"])


async def waits_at_provider(c: Connection, provider: str, provider_session_id: str, *, emulator: bool) -> bool:
    """Whether a code waits that a session at the provider brought about."""
    row = await c.fetch_one(
        "SELECT code_hash FROM one_time_codes WHERE provider = $1 AND provider_session_id = $2 AND emulator = $3"
        " LIMIT 1",
        provider,
        provider_session_id,
        emulator,
    )
    return row is not None


async def drop_codes_at_provider(c: Connection, provider: str, provider_session_id: str, *, emulator: bool) -> int:
    """Drop the codes that a session at the provider brought about; answers how many."""
    return await c.execute(
        "DELETE FROM one_time_codes WHERE provider = $1 AND provider_session_id = $2 AND emulator = $3",
        provider,
        provider_session_id,
        emulator,
    )


async def delete_expired_signins(c: Connection, *, now: int) -> int:
    """Drop a portion of the states and codes that have expired; answers how many.

    A state outlives every cookie that could bring it.
    """
    states = await delete_portion(c, "consumed_states", "expires_at <= $1", now, key="state_hash")
    return states + await delete_portion(c, "one_time_codes", "expires_at <= $1", now, key="code_hash")


def _code(row: Row) -> OneTimeCode:
    return OneTimeCode(
        code_hash=row["code_hash"],
        user_id=row["user_id"],
        identity_id=row["identity_id"],
        provider=row["provider"],
        emulator=bool(row["emulator"]),
        sign_in_hash=row["sign_in_hash"],
        code_challenge=row["code_challenge"],
        session_id=row["session_id"],
        failures=row["failures"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        at_provider=at_provider_of(row),
        redeemer=row["redeemer"],
        handed_to=None if row["handed_to"] is None else _handed_to(row["handed_to"], row["sealed_tokens"]),
    )


def _handed_to_text(handed: HandedTo) -> str:
    """What an application's code says of it; the provider's tokens have a column of their own."""
    content = asdict(handed)
    del content["sealed_tokens"]
    return json.dumps(content)


def _handed_to(text: str, sealed_tokens: str | None) -> HandedTo:
    content = json.loads(text)
    application = ForApplication(**content.pop("application"))
    return HandedTo(application=application, sealed_tokens=sealed_tokens, **content)
