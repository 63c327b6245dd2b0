"""PKCE, S256."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.protocol import pkce

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_challenge_is_that_of_rfc_7636_appendix_b() -> None:
    assert pkce.challenge(VERIFIER) == CHALLENGE
    assert pkce.fits(VERIFIER, CHALLENGE)


@pytest.mark.parametrize(
    "verifier", ["", "a" * 42, "a" * 129, "a" * 42 + "=", "a" * 42 + "é", "a" * 43 + "\n", CHALLENGE, VERIFIER.upper()]
)
def test_other_verifiers_do_not_fit(verifier: str) -> None:
    assert not pkce.fits(verifier, CHALLENGE)


def test_plain_does_not_fit() -> None:
    assert not pkce.fits(VERIFIER, VERIFIER)


def test_lengths_and_letters_of_verifier_and_challenge() -> None:
    assert pkce.is_verifier("aZ09-._~" + "a" * 35)
    assert pkce.is_verifier("a" * 128)
    assert pkce.is_challenge(CHALLENGE)
    for text in (CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE[:-1] + "=", CHALLENGE[:-1] + ".", CHALLENGE + "\n"):
        assert not pkce.is_challenge(text)


@given(st.text(), st.text())
def test_no_text_raises(verifier: str, challenge: str) -> None:
    assert not pkce.fits(verifier, challenge)
