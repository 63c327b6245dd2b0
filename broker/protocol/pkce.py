"""Proof Key for Code Exchange (RFC 7636), S256 and nothing else; the one door to authlib's.

`plain` is not offered, not even to applications: whoever can read the authorization request could redeem the code.
"""

import re

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # ships no types

from broker.crypto import same

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier: base64url of its SHA-256, 43 characters (RFC 7636 section 4.2)."""
    return str(create_s256_code_challenge(verifier))


def is_challenge(unverified_text: str) -> bool:
    """Whether this can be an S256 challenge."""
    return _CHALLENGE.fullmatch(unverified_text) is not None


def is_verifier(unverified_text: str) -> bool:
    """Whether this is a verifier as RFC 7636 section 4.1 wants it: 43 to 128 unreserved characters."""
    return _VERIFIER.fullmatch(unverified_text) is not None


def fits(unverified_verifier: str, expected_challenge: str) -> bool:
    """Whether the verifier belongs to the challenge, compared in constant time; a malformed one never fits."""
    return is_verifier(unverified_verifier) and same(challenge(unverified_verifier), expected_challenge)
