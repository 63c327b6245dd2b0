"""Every claim, every header and every key of Microsoft's token, spoilt in every way: refused by name, or harmless."""

import dataclasses
import hmac
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker.errors import IdentityRefused, TokenInvalid
from broker.providers.microsoft.policy import TenantPolicy
from broker.providers.microsoft.token import CHAIN
from tests.attack.tokens import microsoft as ms
from tests.attack.tokens.forge import (
    Signer,
    es256,
    provider_key,
    ps256,
    rs256,
    rs512,
    rsa_jwk,
    stranger,
    stranger_key,
)
from tests.attack.tokens.microsoft import Verdict, honest, personal, signed
from tests.attack.tokens.mutations import ADDRESS_CLAIMS, DISPLAY, FORBIDDEN, ODD, REQUIRED

SECURITY = {"alg", "signature", "key_issuer", "key_cloud", "iss", "aud", "nonce"}
HARMLESS_TEXT = re.compile(r"[^\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]{1,512}")
HONEST = "a1de0000-0000-4000-8000-000000000001:5eed0000-0000-4000-8000-0000000000a1"


def refusal_of(unverified: str) -> str:
    """The name of the refusal; empty for a token that is taken."""
    try:
        verdict = Verdict(unverified)
    except TokenInvalid as error:
        refusal = error
    else:
        assert verdict.subject_key == HONEST
        return ""
    assert refusal.security == (refusal.check if refusal.check in SECURITY else None)
    assert refusal.detail.isprintable()
    assert len(refusal.detail) <= 200
    return refusal.check


def test_honest_tokens_are_taken() -> None:
    assert refusal_of(signed(honest())) == ""
    assert Verdict(signed(personal(), kid=ms.PERSONAL)).kind == "personal"


@pytest.mark.parametrize("claim", REQUIRED)
def test_claim_that_decides_is_refused_by_name_in_every_other_shape(claim: str) -> None:
    found = {repr(value): refusal_of(signed(honest(**{claim: value}))) for value, _ in REQUIRED[claim].mutations()}
    assert found == {repr(value): check for value, check in REQUIRED[claim].mutations()}


@pytest.mark.parametrize("claim", FORBIDDEN)
def test_claim_that_an_id_token_never_has_is_refused_whatever_it_says(claim: str) -> None:
    assert {refusal_of(signed(honest(**{claim: value}))) for value in (*ODD, ms.ALDER)} == {FORBIDDEN[claim]}


@pytest.mark.parametrize("claim", DISPLAY)
def test_claim_for_display_changes_neither_the_person_nor_what_is_proven(claim: str) -> None:
    proven = Verdict(signed(honest())).candidates
    for value in (..., *ODD):
        verdict = Verdict(signed(honest(**{claim: value})))
        assert (verdict.subject_key, verdict.kind, verdict.candidates) == (HONEST, "member", proven)
        for name, shown in verdict.shown().items():
            assert shown is None or isinstance(shown, tuple if name == "roles" else int if name == "auth_time" else str)
            texts = shown if isinstance(shown, tuple) else (shown,)
            assert not [text for text in texts if isinstance(text, str) and not HARMLESS_TEXT.fullmatch(text)]


@pytest.mark.parametrize("claim", ADDRESS_CLAIMS)
def test_claim_about_addresses_never_changes_the_person_and_proves_nothing_by_being_odd(claim: str) -> None:
    for value in (..., *ODD):
        verdict = Verdict(signed(honest(**{claim: value})))
        assert verdict.subject_key == HONEST
        mine = ("alice@alder.example", "xms_edov")
        proven = [(each.address, each.verified_by) for each in verdict.candidates if each.proves_mailbox]
        # Alice's own address stays proven unless the claim is what it takes.
        assert proven == ([] if claim == "email" or (claim == "xms_edov" and value not in (True, 1)) else [mine]), value
        if claim == "upn":
            assert all(each.verified_by != "upn" for each in verdict.candidates), value


def test_guests_stay_out_whatever_the_claims_about_them_say() -> None:
    fence = TenantPolicy(guests=False)
    for acct in (..., *ODD):
        idps: tuple[Any, ...] = (..., "https://saml.partner.example", None, "", [], 7)
        for idp in idps:
            claims = honest(acct=acct, idp=idp)
            plainly_member = type(acct) is int and acct == 0
            if plainly_member:
                assert Verdict(signed(claims), policy=fence).kind == "member"
                continue
            with pytest.raises(IdentityRefused):
                Verdict(signed(claims), policy=fence)


_SECRET = provider_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _hs256(message: bytes) -> bytes:
    return hmac.digest(_SECRET, message, "sha256")


def _nothing(_message: bytes) -> bytes:
    return b""


ALGORITHMS: tuple[Any, ...] = (
    ..., None, "", "RS384", "PS256", "ES256", "EdDSA", "rs256", "RS256 ", ["RS256"], 256, {}, "none", "HS256",
)  # fmt: skip
HEADERS: list[tuple[str, Signer, dict[str, Any], str]] = [
    *((f"alg {alg!r}", rs256, {"alg": alg}, "alg") for alg in ALGORITHMS),
    ("unsigned", _nothing, {"alg": "none"}, "alg"),
    ("unsigned under its own name", _nothing, {}, "signature"),
    ("public key as secret", _hs256, {"alg": "HS256"}, "alg"),
    ("public key as secret, named RS256", _hs256, {}, "signature"),
    ("RS512", rs512, {"alg": "RS512"}, "alg"),
    ("RS512 named RS256", rs512, {}, "signature"),
    ("PS256 named RS256", ps256, {}, "signature"),
    *((f"typ {typ!r}", rs256, {"typ": typ}, "alg") for typ in ("", "jwt", "at+jwt", "logout+jwt", "JWE", 1, ["JWT"])),
    ("typ absent", rs256, {"typ": ...}, ""),
    *((f"kid {kid!r}", rs256, {"kid": kid}, "kid") for kid in
      (..., None, "", " ", "work ", "WORK", "made-up", 0, True, ["work"], {"x": 1}, "k" * 129, "../work", "work\0")),
    *((name, rs256, {name: value}, "alg") for name, value in
      (("crit", ["exp"]), ("crit", []), ("crit", None), ("b64", True), ("b64", False), ("zip", "DEF"), ("enc", "x"))),
    *((f"{name} beside an honest signature", rs256, {name: value}, "") for name, value in
      (("jwk", rsa_jwk(stranger_key())), ("jku", "https://a.example/keys"), ("x5u", "https://a.example/cert"),
       ("x5c", ["MIIB"]), ("x5t", "AAAA"), ("cty", "JWT"), ("nonce", "x"), ("made-up", {"a": [1]}))),
    *((f"{name} that brings the signing key", stranger, {name: value}, "signature") for name, value in
      (("jwk", rsa_jwk(stranger_key(), kid=ms.WORK)), ("jku", "https://a.example/keys"), ("x5c", ["MIIB"]))),
    ("jku for a key of its own", stranger, {"kid": "own", "jku": "https://a.example/keys"}, "kid"),
]  # fmt: skip


@pytest.mark.parametrize(("signer", "header", "check"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
def test_header_is_refused_by_name_or_not_looked_at(signer: Signer, header: dict[str, Any], check: str) -> None:
    assert refusal_of(signed(honest(), signer, **header)) == check


KEYS = [
    ("current", honest(), rs256, ms.WORK, ""),
    ("next", honest(), rs256, ms.NEXT, ""),
    ("retired", honest(), rs256, ms.RETIRED, "kid"),
    ("a stranger's", honest(), stranger, ms.WORK, "signature"),
    ("personal accounts', for work", honest(), rs256, ms.PERSONAL, "key_issuer"),
    ("directories', for a personal account", personal(), rs256, ms.WORK, "key_issuer"),
    ("the government's", honest(), rs256, ms.GOVERNMENT, "key_cloud"),
    ("the government's own", honest(), rs256, ms.GOVERNMENTS_OWN, "key_issuer"),
    ("another directory's", honest(), rs256, ms.BIRCHS, "key_issuer"),
    ("one that speaks for nobody", honest(), rs256, ms.NOBODYS, "key_issuer"),
    ("too short", honest(), rs256, ms.WEAK, "kid"),
    ("for encryption", honest(), rs256, ms.ENCRYPTS, "kid"),
    ("an elliptic one", honest(), es256, ms.CURVE, "alg"),
    ("one name, two keys", honest(), rs256, ms.TWICE, "kid"),
]


@pytest.mark.parametrize(("claims", "signer", "kid", "check"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_key_speaks_for_whom_it_was_published_and_for_nobody_else(
    claims: dict[str, Any], signer: Signer, kid: str, check: str
) -> None:
    assert refusal_of(signed(claims, signer, kid=kid)) == check


def test_every_check_of_the_chain_has_a_mutation_that_it_refuses() -> None:
    refused = {check for claim in REQUIRED.values() for _, check in claim.mutations()} | set(FORBIDDEN.values())
    refused |= {row[-1] for row in KEYS} | {row[-1] for row in HEADERS}
    with pytest.raises(TokenInvalid, match="account_class"):
        Verdict(signed(honest()), expected=dataclasses.replace(ms.EXPECTED, tenant="consumers"))
    with pytest.raises(TokenInvalid, match="auth_time"):
        Verdict(signed(honest(auth_time=...)), expected=dataclasses.replace(ms.EXPECTED, max_age=300))
    elsewhere = dataclasses.replace(ms.EXPECTED.metadata, issuer=f"{ms.BASE}/{ms.BIRCH}/v2.0")
    with pytest.raises(TokenInvalid, match="iss"):
        Verdict(signed(honest()), expected=dataclasses.replace(ms.EXPECTED, metadata=elsewhere))
    names = {check.__name__ for check in CHAIN}
    assert len(names) == 13
    assert refused == {
        "", "alg", "kid", "signature", "not_id_token", "tid", "key_issuer", "key_cloud", "aud", "time", "nonce", "sub",
        "oid", "at_hash",
    }  # fmt: skip
