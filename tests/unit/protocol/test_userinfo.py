"""The userinfo answer: the same person, or nobody."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.protocol.claims import Claims
from broker.protocol.userinfo import read_userinfo


def read(body: object, *, status: int = 200, content_type: str = "application/json", subject: str = "alice") -> Claims:
    document = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_userinfo(status=status, content_type=content_type, unverified_body=document, subject=subject)


def test_claims_of_the_same_person_are_read() -> None:
    claims = read({"sub": "alice", "email": "alice@alder.example", "email_verified": True})
    assert claims.text("email") == "alice@alder.example"
    assert claims.claims["email_verified"] is True


@pytest.mark.parametrize("sub", ["mallory", "ALICE", "alice ", "alic"])
def test_claims_of_somebody_else_are_refused(sub: str) -> None:
    with pytest.raises(TokenInvalid) as refusal:
        read({"sub": sub, "email": "alice@alder.example"})
    assert refusal.value.check == "userinfo_sub"
    assert sub not in refusal.value.detail


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sub": ""},
        {"sub": None},
        {"sub": ["alice"]},
        [],
        b"",
        b"a.b.c",
        b'{"sub": "mallory", "sub": "alice"}',
        b'{"sub": "\xff"}',
    ],
    ids=str,
)
def test_nonsense_is_refused(body: object) -> None:
    with pytest.raises(TokenInvalid) as refusal:
        read(body)
    assert refusal.value.check == "userinfo"


def test_an_empty_subject_is_no_subject() -> None:
    with pytest.raises(TokenInvalid):
        read({"sub": ""}, subject="")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 204])
def test_refusal_of_the_access_token_is_ours_to_know(status: int) -> None:
    with pytest.raises(TokenInvalid) as refusal:
        read({"sub": "alice"}, status=status)
    assert refusal.value.check == "userinfo"


@pytest.mark.parametrize(("status", "content_type"), [(429, ""), (500, ""), (302, ""), (200, "text/html")])
def test_no_answer_is_the_providers_trouble(status: int, content_type: str) -> None:
    with pytest.raises(UpstreamUnavailable):
        read({"sub": "alice"}, status=status, content_type=content_type)


def test_large_answer_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        read({"sub": "alice", "picture": "x" * 262_144})


@given(st.integers(0, 700), st.binary())
def test_no_answer_raises_anything_else(status: int, body: bytes) -> None:
    with contextlib.suppress(TokenInvalid, UpstreamUnavailable):
        read(body, status=status)
