"""Keys as applications' clients read them: with a certificate each, the same on every replica, and ours alone."""

import base64
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from broker.clock import FrozenClock
from broker.crypto import SecretKeys
from broker.models.keys import SigningKey
from broker.protocol.jwks import public_jwk, read_keys
from broker.sessions.keyring import SEAL_PURPOSE, Keyring, place
from broker.sessions.rotation import new_key
from broker.store import keys as key_rows
from broker.store.base import Store
from tests.sessions.stage import OTHER_SECRET, SECRET, Stage, a_stage
from tests.store.rows import NOW


@pytest.fixture
async def rsa(store: Store) -> Stage:
    return await a_stage(store, algorithm="RS256")


def published(keyring: Keyring) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(keyring.certified_jwks)["keys"]
    return found


async def keyring_of(stage: Stage, *secrets: str, hours: int = 0) -> Keyring:
    """Another server's, started later."""
    keyring = Keyring(stage.store, SecretKeys(secrets or [SECRET]), FrozenClock(NOW + hours * 3600))
    await keyring.refresh()
    return keyring


async def test_every_replica_publishes_the_same_bytes_whenever_it_was_started(rsa: Stage) -> None:
    later = await keyring_of(rsa, hours=7)
    rotated = await keyring_of(rsa, OTHER_SECRET, SECRET)

    assert rsa.keyring.certified_jwks == later.certified_jwks == rotated.certified_jwks
    assert rsa.keyring.certified_jwks is rsa.keyring.certified_jwks


async def test_rotation_publishes_the_next_key_before_it_signs_and_the_last_one_after(rsa: Stage) -> None:
    before = {key["kid"]: key for key in published(rsa.keyring)}
    signs = await rsa.rotated()
    after = {key["kid"]: key for key in published(rsa.keyring)}

    assert signs in before
    assert set(before) < set(after)
    assert all(after[kid] == before[kid] for kid in before)


async def test_certificate_holds_the_key_and_nothing_that_the_key_does_not_say(rsa: Stage) -> None:
    keys = read_keys(rsa.keyring.jwks)
    for key in published(rsa.keyring):
        certificate = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0], validate=True))
        known = keys.find(key["kid"])
        assert known is not None
        assert certificate.public_key() == known.public_key
        assert certificate.subject.rfc4514_string() == certificate.issuer.rfc4514_string() == f"CN={key['kid']}"
        assert len(certificate.extensions) == 0
        assert set(key) == {"kty", "use", "alg", "kid", "n", "e", "x5c", "x5t#S256"}


async def test_keys_of_other_kinds_are_left_out(stage: Stage) -> None:
    assert published(stage.keyring) == []


async def test_key_that_came_along_from_another_product_is_not_published_to_applications(rsa: Stage) -> None:
    private_key, _ = new_key("RS256")
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kid = "its-own-name"
    foreign = SigningKey(
        kid=kid,
        algorithm="RS256",
        state="retired",
        public_jwk=json.dumps(public_jwk(private_key.public_key(), kid=kid, algorithm="RS256")),
        sealed_private=SecretKeys([SECRET]).seal(pem, purpose=SEAL_PURPOSE, place=place(kid)),
        created_at=NOW,
        activated_at=NOW,
        retired_at=NOW,
    )
    async with rsa.store.transaction() as c:
        await key_rows.insert_signing_key(c, foreign)
    await rsa.keyring.refresh()

    assert kid in {key["kid"] for key in json.loads(rsa.keyring.jwks)["keys"]}
    assert kid not in {key["kid"] for key in published(rsa.keyring)}
