"""Every hostile ID token is refused by the check that its entry names; the honest ones beside them are not."""

import hashlib

import pytest

from broker.errors import TokenInvalid
from broker.protocol.id_token import verify
from tests.attack.tokens import forge
from tests.attack.tokens.forge import TokenAttack
from tests.attack.tokens.forms import FORMS
from tests.attack.tokens.signatures import ALGORITHMS, KEYS, SIGNATURES
from tests.attack.tokens.statements import AUDIENCES, AUTHENTICATION, ISSUERS, NONCES, SUBJECTS, TIMES

CORPUS = [*FORMS, *ALGORITHMS, *KEYS, *SIGNATURES, *ISSUERS, *AUDIENCES, *NONCES, *TIMES, *SUBJECTS, *AUTHENTICATION]
# Somebody made these: no clock, no forgotten setting and no slip of the provider explains them.
COUNTED = {"signature", "alg", "aud", "nonce", "iss"}


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
def test_hostile_token_is_refused_by_name(attack: TokenAttack) -> None:
    with pytest.raises(TokenInvalid) as refusal:
        verify(
            attack.make(),
            keys=forge.provider_keys(),
            algorithm=attack.algorithm,
            expectations=forge.expectations(**attack.expect),
        )
    error = refusal.value
    assert (error.check, error.code) == (attack.check, attack.code)
    assert error.security == (attack.check if attack.check in COUNTED else None)
    assert len(error.detail) <= 200
    assert error.detail.isprintable()


def test_corpus_tells_its_stories() -> None:
    assert len({attack.name for attack in CORPUS}) == len(CORPUS)
    assert all(attack.story for attack in CORPUS)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": [forge.CLIENT_ID]},
        {"azp": forge.CLIENT_ID},
        {"nbf": ...},
        {"exp": forge.NOW - 59},
        {"iat": forge.NOW + 60, "nbf": forge.NOW + 60},
        {"exp": forge.NOW - 300 + forge.LIFETIME},
        {"sub": "s" * 255},
        {"email": "alice@alder.example", "groups": ["a", "b"], "_claim_names": {"groups": "src1"}},
        {"at_hash": forge.b64(hashlib.sha256(forge.ACCESS_TOKEN.encode()).digest()[:16])},
    ],
    ids=str,
)
def test_honest_token_is_accepted(changes: dict[str, object]) -> None:
    token = forge.token(forge.header(), forge.claims(**changes))
    verified = verify(token, keys=forge.provider_keys(), algorithm="RS256", expectations=forge.expectations())
    assert verified.issuer == forge.ISSUER
    assert verified.audience == (forge.CLIENT_ID,)
    assert verified.key.kid == forge.KID
