"""Rows to begin with: each needs only what its test is about."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from broker.crypto import new_id
from broker.models.identities import Identity
from broker.models.sessions import OneTimeCode, Session
from broker.models.users import Email, User
from broker.store.base import Connection, Store
from broker.store.identities import insert_identity
from broker.store.users import insert_user

NOW = 1_790_000_000
_number = itertools.count(1)


def an_id() -> str:
    """Ids that sort in the order in which they were made."""
    return new_id(NOW * 1000 + next(_number))


def a_user(**changes: Any) -> User:
    user = User(
        id=an_id(),
        name="Alice Alder",
        given_name="Alice",
        family_name="Alder",
        picture=None,
        created_at=NOW,
        updated_at=NOW,
        locked_at=None,
    )
    return replace(user, **changes)


def an_email(user_id: str, address: str = "alice@alder.example", **changes: Any) -> Email:
    email = Email(
        id=an_id(),
        user_id=user_id,
        address=address,
        is_primary=True,
        is_verified=True,
        verified_by="xms_edov",
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(email, **changes)


def an_identity(user_id: str, subject_key: str = "global:alder:alice", **changes: Any) -> Identity:
    identity = Identity(
        id=an_id(),
        user_id=user_id,
        provider="microsoft",
        subject_key=subject_key,
        subject="pairwise-subject",
        provider_client_id="c11e0000-0000-4000-8000-00000000000c",
        tenant="alder",
        address="alice@alder.example",
        emulator=False,
        created_at=NOW,
        last_sign_in_at=NOW,
    )
    return replace(identity, **changes)


def a_session(user_id: str, **changes: Any) -> Session:
    session = Session(
        id=an_id(),
        user_id=user_id,
        identity_id=None,
        provider="microsoft",
        emulator=False,
        sign_in_hash="5" * 64,
        created_at=NOW,
        last_used_at=NOW,
        expires_at=NOW + 43_200,
        user_agent="Firefox",
        ip_address="192.0.2.7",
    )
    return replace(session, **changes)


def a_code(identity: Identity, code_hash: str = "c" * 64, **changes: Any) -> OneTimeCode:
    code = OneTimeCode(
        code_hash=code_hash,
        user_id=identity.user_id,
        identity_id=identity.id,
        provider=identity.provider,
        emulator=False,
        sign_in_hash="5" * 64,
        code_challenge=None,
        session_id=None,
        failures=0,
        created_at=NOW,
        expires_at=NOW + 60,
    )
    return replace(code, **changes)


async def written(store: Store, *steps: Callable[[Connection], Awaitable[object]]) -> None:
    """One transaction of these steps."""
    async with store.transaction() as c:
        for step in steps:
            await step(c)


async def stored_user(store: Store, **changes: Any) -> User:
    """A user who is in the database."""
    user = a_user(**changes)
    async with store.transaction() as c:
        await insert_user(c, user)
    return user


async def stored_identity(store: Store, **changes: Any) -> Identity:
    """An identity that is in the database, and its user."""
    user = await stored_user(store)
    identity = an_identity(user.id, **changes)
    async with store.transaction() as c:
        await insert_identity(c, identity)
    return identity
