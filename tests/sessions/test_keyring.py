"""The keys in memory: signing, verifying, publishing, and following what happens in the database."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.clock import FrozenClock
from broker.crypto import SecretKeys, base64url
from broker.errors import NotAuthenticated, SealBroken, StoreUnavailable
from broker.models.users import UserProfile
from broker.protocol import jwt
from broker.protocol.jwks import public_jwk, read_keys, thumbprint
from broker.sessions.keyring import SEAL_PURPOSE, UNKNOWN_KEY_COOL_DOWN, Keyring, place
from broker.sessions.rotation import PUBLISH_SECONDS
from broker.store import keys as key_rows
from broker.store.base import Store
from tests.sessions.stage import OTHER_SECRET, SECRET, Stage, a_member, a_stage
from tests.sessions.watched import WatchedStore


@pytest.fixture
async def watched(store: Store) -> WatchedStore:
    return WatchedStore(store)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_each_algorithm_signs_verifies_and_is_published_under_its_thumbprint(
    store: Store, alice: UserProfile, algorithm: str
) -> None:
    stage = await a_stage(store, algorithm=algorithm)
    _, token = await stage.issued(alice)
    header = jwt.read_header(token)
    assert (header.alg, header.typ) == (algorithm, "JWT")
    published = read_keys(stage.keyring.jwks)
    key = published.find(header.kid or "")
    assert key is not None
    assert (key.alg, thumbprint(key.public_key)) == (algorithm, header.kid)
    claims = jwt.verified_payload(token, key=key.public_key, algorithm=algorithm)
    assert claims["sub"] == alice.user.id
    await stage.sessions.check(token)


async def test_current_next_and_retired_keys_are_published_and_nothing_private(stage: Stage) -> None:
    await stage.rotated()
    document = json.loads(stage.keyring.jwks)
    rows = await stage.rotation.list()
    assert {key["kid"] for key in document["keys"]} == {row.kid for row in rows}
    assert {row.state for row in rows} == {"current", "next", "retired"}
    for key in document["keys"]:
        assert set(key) == {"use", "alg", "kid", "kty", "crv", "x", "y"}


async def test_before_it_was_loaded_a_keyring_serves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError):
        _ = Keyring(store, SecretKeys([SECRET]), FrozenClock()).jwks


async def test_a_header_that_names_another_algorithm_is_refused(stage: Stage, alice: UserProfile) -> None:
    _, token = await stage.issued(alice)
    _, _, rest = token.partition(".")
    kid = jwt.read_header(token).kid
    for header in ({"alg": "none", "kid": kid}, {"alg": "HS256", "kid": kid}, {"alg": "ES256"}, {"kid": kid}):
        forged = base64url(json.dumps(header).encode())
        with pytest.raises(NotAuthenticated):
            await stage.sessions.check(f"{forged}.{rest}")


async def test_a_running_server_follows_a_rotation_by_reading_again(store: Store, alice: UserProfile) -> None:
    operator, server = await a_stage(store), await a_stage(store)
    operator.clock.advance(PUBLISH_SECONDS)
    rotated = await operator.rotation.rotate()
    assert jwt.read_header(server.keyring.sign({})).kid != rotated.current
    await server.keyring.refresh()
    assert jwt.read_header(server.keyring.sign({})).kid == rotated.current
    assert rotated.next in server.keyring.jwks.decode()


async def test_sessions_signed_before_a_rotation_live_on(stage: Stage, alice: UserProfile) -> None:
    _, token = await stage.issued(alice)
    await stage.sessions.check(token)
    await stage.rotated()
    await stage.sessions.check(token)
    await stage.rotated()
    await stage.sessions.check(token)


async def test_what_was_verified_under_a_key_that_is_retired_for_good_is_verified_no_more(
    stage: Stage, alice: UserProfile
) -> None:
    session, token = await stage.issued(alice)
    await stage.sessions.check(token)
    await stage.rotated()
    kid = jwt.read_header(token).kid
    async with stage.store.transaction() as c:  # by hand, so that the row of the session stays
        await key_rows.delete_signing_key(c, kid or "")
    before = stage.keyring.generation
    await stage.sessions.check(token)
    await stage.keyring.refresh()
    assert stage.keyring.generation is not before
    with pytest.raises(NotAuthenticated):
        await stage.sessions.check(token)
    await stage.sessions.check(stage.sessions.token_for(session, alice))


async def test_reading_the_same_keys_again_changes_nothing(stage: Stage) -> None:
    before = stage.keyring.generation
    await stage.keyring.refresh()
    assert stage.keyring.generation is before


async def test_a_key_that_nobody_here_has_seen_is_looked_for_at_once(store: Store, alice: UserProfile) -> None:
    operator, server = await a_stage(store), await a_stage(store)
    await operator.rotation.rotate(now=True)
    await operator.rotation.rotate(now=True)
    await operator.keyring.refresh()
    _, token = await operator.issued(alice)
    server.clock.advance(UNKNOWN_KEY_COOL_DOWN)
    await server.sessions.check(token)


async def test_made_up_keys_cause_one_lookup_a_second(watched: WatchedStore, alice: UserProfile) -> None:
    stage = await a_stage(watched)
    _, token = await stage.issued(alice)
    unknown = [_with_kid(token, f"made-up-{number}") for number in range(50)]
    await stage.keyring.refresh()
    before = watched.reads
    for _ in range(3):
        stage.clock.advance(UNKNOWN_KEY_COOL_DOWN)
        answers = await asyncio.gather(*(stage.keyring.verify(one) for one in unknown), return_exceptions=True)
        assert all(isinstance(answer, NotAuthenticated) for answer in answers)
    assert watched.reads - before == 3


async def test_requests_that_come_while_the_keys_are_read_wait_for_them(watched: WatchedStore, store: Store) -> None:
    operator, alice = await a_stage(store), await a_member(store)
    server = await a_stage(watched)
    await operator.rotation.rotate(now=True)
    await operator.rotation.rotate(now=True)
    await operator.keyring.refresh()
    token = operator.keyring.sign({"sub": alice.user.id})
    server.clock.advance(UNKNOWN_KEY_COOL_DOWN)
    watched.gate.clear()
    tasks = [asyncio.create_task(server.keyring.verify(token)) for _ in range(5)]
    await asyncio.sleep(0)
    watched.gate.set()
    assert await asyncio.gather(*tasks) == [{"sub": alice.user.id}] * 5


async def test_without_a_database_an_unknown_key_is_not_called_signed_out(
    watched: WatchedStore, alice: UserProfile
) -> None:
    stage = await a_stage(watched)
    _, token = await stage.issued(alice)
    stage.clock.advance(UNKNOWN_KEY_COOL_DOWN)
    watched.is_down = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await stage.keyring.verify(_with_kid(token, "made-up"))
        with pytest.raises(StoreUnavailable):
            await stage.sessions.check(token)
    watched.is_down = False
    with pytest.raises(NotAuthenticated):
        await stage.keyring.verify(_with_kid(token, "made-up"))
    await stage.sessions.check(token)


async def test_keys_that_vanished_from_the_database_are_an_outage_and_what_was_loaded_still_serves(
    stage: Stage, alice: UserProfile
) -> None:
    async with stage.store.transaction() as c:
        for row in await key_rows.signing_keys(c):
            await key_rows.delete_signing_key(c, row.kid)
    with pytest.raises(StoreUnavailable):
        await stage.keyring.refresh()
    _, token = await stage.issued(alice)
    await stage.sessions.check(token)


async def test_keys_sealed_under_another_secret_are_refused_by_its_id(store: Store) -> None:
    await a_stage(store)
    with pytest.raises(SealBroken) as refused:
        await a_stage(store, secrets=SecretKeys([OTHER_SECRET]))
    assert refused.value.secret_id == SecretKeys([SECRET]).newest_id
    assert refused.value.secret_id in str(refused.value)


async def test_a_new_secret_before_the_old_one_opens_what_is_there_and_seals_what_comes(
    store: Store, alice: UserProfile
) -> None:
    before = await a_stage(store)
    _, token = await before.issued(alice)
    after = await a_stage(store, clock=before.clock, secrets=SecretKeys([OTHER_SECRET, SECRET]))
    await after.sessions.check(token)
    await after.rotated()
    await after.rotated()
    sealed_by = {row.state: row.sealed_private.split(".")[1] for row in await after.rotation.list()}
    new = SecretKeys([OTHER_SECRET]).newest_id
    assert (sealed_by["current"], sealed_by["next"]) == (new, new)


async def test_a_key_moved_to_another_name_does_not_open(stage: Stage) -> None:
    rows = await stage.rotation.list()
    moved = replace(rows[0], sealed_private=rows[1].sealed_private)
    with pytest.raises(SealBroken, match="altered or moved"):
        _fresh(stage.store).adopt([moved, rows[1]])


async def test_nobody_publishes_a_key_by_writing_rows_alone(stage: Stage) -> None:
    """With write access to the database but no secret, one could make every backend trust a key of one's own."""
    planted = public_jwk(generate_private_key(SECP256R1()).public_key(), kid="planted", algorithm="ES256")
    row = next(row for row in await stage.rotation.list() if row.state == "current")
    for written in (planted, {**planted, "kid": row.kid}):
        with pytest.raises(SealBroken, match="public half"):
            _fresh(stage.store).adopt([replace(row, public_jwk=json.dumps(written))])
    with pytest.raises(SealBroken):
        _fresh(stage.store).adopt([replace(row, algorithm="EdDSA")])


async def test_what_is_sealed_but_no_key_of_ours_is_refused(stage: Stage) -> None:
    row = next(row for row in await stage.rotation.list() if row.state == "current")
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    sealed = SecretKeys([SECRET]).seal(pem, purpose=SEAL_PURPOSE, place=place(row.kid))
    with pytest.raises(SealBroken, match="does not sign"):
        _fresh(stage.store).adopt([replace(row, sealed_private=sealed)])


async def test_token_that_does_not_say_its_kind_is_of_the_plain_kind_and_of_no_other(stage: Stage) -> None:
    """Sessions that another product began say none, and its keys may have moved in."""
    (row,) = [each for each in await stage.rotation.list() if each.state == "current"]
    pem = SecretKeys([SECRET]).open(row.sealed_private, purpose=SEAL_PURPOSE, place=place(row.kid))
    kinds = {typ: pyjwt.encode({"sub": "s"}, pem, "ES256", {"kid": row.kid, "typ": typ}) for typ in (None, "JWT", "a")}
    accepted = []
    for typ, token in kinds.items():
        for wanted in ("JWT", "a"):
            with suppress(NotAuthenticated):
                assert await stage.keyring.verify(token, typ=wanted) == {"sub": "s"}
                accepted.append((typ, wanted))
    assert accepted == [(None, "JWT"), ("JWT", "JWT"), ("a", "a")]


def _fresh(store: Store) -> Keyring:
    return Keyring(store, SecretKeys([SECRET]), FrozenClock())


def _with_kid(token: str, kid: str) -> str:
    _, _, rest = token.partition(".")
    header = json.dumps({"alg": "ES256", "kid": kid, "typ": "JWT"}).encode()
    return f"{base64url(header)}.{rest}"
