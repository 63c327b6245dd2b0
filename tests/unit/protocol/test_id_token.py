"""ID tokens. What must be refused is in the corpus of attacks; here is what it is refused with, and the rest."""

import hashlib

import pytest

from broker.errors import TokenInvalid
from broker.protocol.id_token import (
    Expectations,
    VerifiedClaims,
    check_access_token_hash,
    check_auth_time,
    signing_kid,
    verify,
    verify_signature,
)
from tests.attack.tokens import forge
from tests.attack.tokens.forge import ACCESS_TOKEN, NOW, b64


def verified(**changes: object) -> VerifiedClaims:
    return verify_signature(forge.with_claims(**changes)(), keys=forge.provider_keys(), algorithm="RS256")


def test_claims_cannot_be_changed_afterwards() -> None:
    claims = verified()
    with pytest.raises(TypeError):
        claims.claims["sub"] = "the-victim"  # type: ignore[index]  # that is the point


def test_claims_print_no_values() -> None:
    assert "Alice" not in repr(verified())
    assert "name" in repr(verified())


def test_expectations_do_not_print_the_nonce() -> None:
    assert forge.NONCE not in repr(forge.expectations())


def test_signature_alone_compares_nothing() -> None:
    """Who runs checks in an order of their own begins here: a foreign audience passes, and must be refused later."""
    assert verified(aud="somebody-else").audience == ("somebody-else",)


def test_kid_is_known_before_keys_are() -> None:
    assert signing_kid(forge.with_header(kid="new-key")(), algorithm="RS256") == "new-key"
    assert signing_kid(forge.with_header(alg="ES256")(), algorithm={"RS256", "ES256"}) == forge.KID


def test_nobody_fetches_keys_for_an_algorithm_that_is_not_admitted() -> None:
    with pytest.raises(TokenInvalid) as refusal:
        signing_kid(forge.with_header(alg="none", kid="new-key")(), algorithm="RS256")
    assert refusal.value.check == "alg"


@pytest.mark.parametrize(
    ("kid", "alg", "signer"),
    [(forge.KID, "RS256", forge.rs256), (forge.EC_KID, "ES256", forge.es256), (forge.ED_KID, "EdDSA", forge.eddsa)],
)
def test_every_admitted_algorithm_works(kid: str, alg: str, signer: forge.Signer) -> None:
    claims = verify(
        forge.with_header(signer, kid=kid, alg=alg)(),
        keys=forge.provider_keys(),
        algorithm=("RS256", "ES256", "EdDSA"),
        expectations=forge.expectations(),
    )
    assert (claims.algorithm, claims.key.kid) == (alg, kid)


def test_type_may_be_left_out() -> None:
    token = forge.with_header(typ=...)()
    assert verify(token, keys=forge.provider_keys(), algorithm="RS256", expectations=forge.expectations()).subject


def test_issuer_is_left_to_a_caller_who_says_so() -> None:
    token = forge.with_claims(iss="https://login.provider.example/another/v2.0")()
    claims = verify(token, keys=forge.provider_keys(), algorithm="RS256", expectations=forge.expectations(issuer=None))
    assert claims.issuer.endswith("/another/v2.0")


def test_claims_that_are_needed_are_asked_for_by_name() -> None:
    claims = verified(iss=..., sub=7, aud=7)
    with pytest.raises(TokenInvalid) as no_issuer:
        _ = claims.issuer
    with pytest.raises(TokenInvalid) as no_subject:
        _ = claims.subject
    assert (no_issuer.value.check, no_issuer.value.security) == ("iss", "iss")
    assert (no_subject.value.check, no_subject.value.security) == ("sub", None)
    assert claims.audience == ()


def test_order_names_the_first_thing_wrong() -> None:
    """All is wrong with it; the signature is what counts."""
    token = forge.token(forge.header(), forge.claims(iss="x", aud="x", nonce="x", exp=1), forge.stranger)
    with pytest.raises(TokenInvalid) as refusal:
        verify(token, keys=forge.provider_keys(), algorithm="RS256", expectations=forge.expectations())
    assert refusal.value.check == "signature"


def test_what_strangers_wrote_is_escaped_and_cut_in_the_reason() -> None:
    token = forge.with_claims(aud=["a\x1b[31m", "b" * 5_000])()
    with pytest.raises(TokenInvalid) as refusal:
        verify(token, keys=forge.provider_keys(), algorithm="RS256", expectations=forge.expectations())
    assert refusal.value.detail.isprintable()
    assert len(refusal.value.detail) <= 200


@pytest.mark.parametrize("auth_time", [NOW, NOW + 60, NOW - 300, NOW - 360])
def test_authentication_within_max_age_and_leeway(auth_time: int) -> None:
    check_auth_time(verified(auth_time=auth_time), max_age=300, now=NOW)


def test_max_age_zero_wants_an_authentication_of_this_moment() -> None:
    check_auth_time(verified(auth_time=NOW - 60), max_age=0, now=NOW)
    with pytest.raises(TokenInvalid) as refusal:
        check_auth_time(verified(auth_time=NOW - 61), max_age=0, now=NOW)
    assert refusal.value.code == "interaction_required"


def test_authentication_time_is_not_asked_for_without_max_age() -> None:
    check_auth_time(verified(auth_time="nonsense"), max_age=None, now=NOW)


@pytest.mark.parametrize(
    ("kid", "alg", "signer", "name"),
    [
        (forge.KID, "RS256", forge.rs256, "sha256"),
        (forge.KID, "RS512", forge.rs512, "sha512"),
        (forge.ED_KID, "EdDSA", forge.eddsa, "sha512"),
    ],
)
def test_access_token_hash_follows_the_algorithm(kid: str, alg: str, signer: forge.Signer, name: str) -> None:
    digest = hashlib.new(name, ACCESS_TOKEN.encode()).digest()
    claims = forge.claims(at_hash=b64(digest[: len(digest) // 2]))
    token = forge.token(forge.header(kid=kid, alg=alg), claims, signer)
    found = verify_signature(token, keys=forge.provider_keys(), algorithm=alg)
    check_access_token_hash(found, access_token=ACCESS_TOKEN)
    with pytest.raises(TokenInvalid):
        check_access_token_hash(found, access_token=ACCESS_TOKEN + "x")


def test_access_token_hash_needs_an_access_token_to_compare() -> None:
    check_access_token_hash(verified(at_hash="x"), access_token=None)


@pytest.mark.parametrize("leeway", [0, 60, 120])
def test_leeway_is_sharp_on_both_sides(leeway: int) -> None:
    def passes(**changes: object) -> bool:
        expected = Expectations(
            issuer=forge.ISSUER, client_id=forge.CLIENT_ID, nonce=forge.NONCE, now=NOW, leeway=leeway
        )
        try:
            verify(forge.with_claims(**changes)(), keys=forge.provider_keys(), algorithm="RS256", expectations=expected)
        except TokenInvalid as error:
            return error.check != "time"
        return True

    assert passes(exp=NOW - leeway + 1)
    assert not passes(exp=NOW - leeway)
    assert passes(iat=NOW + leeway, nbf=NOW + leeway)
    assert not passes(iat=NOW + leeway + 1)
    assert not passes(nbf=NOW + leeway + 1)


def test_lifetime_is_unlimited_without_a_limit() -> None:
    token = forge.with_claims(exp=NOW + 10**9)()
    expected = forge.expectations(max_lifetime=None)
    claims = verify(token, keys=forge.provider_keys(), algorithm="RS256", expectations=expected)
    assert claims.number("exp") == NOW + 10**9
