"""What the token endpoint answers, in all its moods."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError, code_form, read_answer

SUCCESS: dict[str, Any] = {
    "token_type": "Bearer",
    "scope": "openid profile email",
    "expires_in": 3_599,
    "ext_expires_in": 3_599,
    "access_token": "opaque",
    "id_token": "a.b.c",
}
JSON_TYPE = "application/json; charset=utf-8"


def answer(members: dict[str, Any] | bytes, *, status: int = 200, content_type: str = JSON_TYPE) -> Any:
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return read_answer(status=status, content_type=content_type, unverified_body=body)


def test_form_that_redeems_a_code() -> None:
    form = code_form(code="c", redirect_uri="https://b.example/callback", code_verifier="v" * 43, client_id="id")
    assert form == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://b.example/callback",
        "code_verifier": "v" * 43,
        "client_id": "id",
    }


def test_success_is_read() -> None:
    assert answer(SUCCESS) == TokenAnswer(
        id_token="a.b.c", access_token="opaque", expires_in=3_599, scope=("openid", "profile", "email")
    )


def test_tokens_are_not_printed() -> None:
    shown = repr(answer(SUCCESS | {"refresh_token": "refresh-secret"}))
    assert not any(secret in shown for secret in ("a.b.c", "opaque", "refresh-secret"))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3599", 3_599), (0, 0), (None, None), ("soon", None), (True, None), (-1, None), (1.5, None), ([1], None)],
)
def test_lifetime_may_be_a_string_and_never_an_obstacle(value: object, seconds: int | None) -> None:
    assert answer(SUCCESS | {"expires_in": value}).expires_in == seconds


@pytest.mark.parametrize(
    "changes", [{"token_type": "bearer"}, {"scope": None}, {"scope": 7}, {"access_token": ""}, {"error": None}], ids=str
)
def test_harmless_deviations_are_taken(changes: dict[str, Any]) -> None:
    assert answer(SUCCESS | changes).id_token == "a.b.c"


@pytest.mark.parametrize(
    "members",
    [
        b"",
        b"[]",
        b"not json",
        b'{"id_token": "a.b.c", "id_token": "d.e.f"}',
        b'{"id_token": "\xff"}',
        {},
        SUCCESS | {"id_token": None},
        SUCCESS | {"id_token": 1},
        SUCCESS | {"id_token": "a.b.c\r\nX: y"},
        SUCCESS | {"access_token": ["a"]},
        SUCCESS | {"access_token": "a b"},
        SUCCESS | {"refresh_token": "é"},
        SUCCESS | {"token_type": "DPoP"},
        SUCCESS | {"token_type": None},
    ],
    ids=str,
)
def test_success_that_is_none_is_refused(members: dict[str, Any] | bytes) -> None:
    with pytest.raises(TokenInvalid) as refusal:
        answer(members)
    assert refusal.value.check == "token_answer"
    assert refusal.value.code == "invalid_response"


def test_error_as_microsoft_reports_it() -> None:
    found = answer(
        {
            "error": "invalid_grant",
            "error_description": "AADSTS54005: redeemed\r\nTrace ID: 1",
            "error_codes": [54005],
            "timestamp": "2026-10-02 10:00:00Z",
            "trace_id": "t",
            "correlation_id": "c",
            "error_uri": "https://login.microsoftonline.com/error?code=54005",
            "suberror": "bad_token",
            "claims": '{"access_token":{}}',
        },
        status=400,
    )
    assert found == TokenEndpointError(
        error="invalid_grant",
        description=r"AADSTS54005: redeemed\r\nTrace ID: 1",
        codes=(54005,),
        suberror="bad_token",
        claims='{"access_token":{}}',
        trace_id="t",
        correlation_id="c",
    )


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_bare_error_is_read_whatever_its_status(status: int) -> None:
    assert answer({"error": "invalid_client"}, status=status) == TokenEndpointError(error="invalid_client")


@pytest.mark.parametrize(
    ("codes", "read"),
    [(["54005"], (54005,)), (54005, ()), ([None, True, 1.5, -1, "x", 7], (7,)), (list(range(100)), tuple(range(16)))],
)
def test_error_numbers_of_any_type_are_survived(codes: object, read: tuple[int, ...]) -> None:
    assert answer({"error": "x", "error_codes": codes}, status=400).codes == read


def test_error_texts_are_cut_and_escaped() -> None:
    found = answer(
        {"error": "a\nb", "error_description": "\x1b" + "y" * 5_000, "claims": "c" * 9_000, "suberror": 1}, status=400
    )
    assert found.error == r"a\nb"
    assert len(found.description) == 1_024
    assert found.description.isprintable()
    assert found.claims is None
    assert found.suberror is None


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (429, "text/plain", b"Too Many Requests"),
        (429, JSON_TYPE, b'{"error": "temporarily_unavailable"}'),
        (500, "text/html", b"<html>oops</html>"),
        (503, JSON_TYPE, b'{"error": "temporarily_unavailable"}'),
        (502, "", b""),
        (200, "text/html; charset=utf-8", b'{"id_token": "a.b.c"}'),
        (200, "application/xhtml+xml", b""),
        (200, "", b"\r\n <!doctype html>"),
        (400, "text/html", b"<h1>Bad request</h1>"),
        (400, JSON_TYPE, b"nonsense"),
        (400, JSON_TYPE, b"{}"),
        (400, JSON_TYPE, b'{"error": 1}'),
        (200, JSON_TYPE, b'{"error": {"message": "graph style"}}'),
        (404, "text/plain", b"not found"),
        (302, "", b""),
        (101, "", b""),
        (204, "", b""),
        (201, JSON_TYPE, json.dumps(SUCCESS).encode()),
        (600, "", b""),
    ],
)
def test_what_is_no_answer_is_the_providers_trouble(status: int, content_type: str, body: bytes) -> None:
    with pytest.raises(UpstreamUnavailable):
        answer(body, status=status, content_type=content_type)


def test_answer_of_more_than_a_megabyte_is_refused() -> None:
    with pytest.raises(TokenInvalid):
        answer(SUCCESS | {"access_token": "a" * 1_048_576})


VALUES = (
    st.none() | st.booleans() | st.integers(-5, 10**9) | st.text() | st.lists(st.integers(0, 9) | st.text(), max_size=3)
)
BODIES = st.binary() | st.dictionaries(st.sampled_from([*SUCCESS, "error", "error_codes", "claims"]), VALUES).map(
    lambda members: json.dumps(members).encode()
)


@given(st.integers(0, 700), st.text(), BODIES)
def test_no_answer_raises_anything_else(status: int, content_type: str, body: bytes) -> None:
    with contextlib.suppress(TokenInvalid, UpstreamUnavailable):
        read_answer(status=status, content_type=content_type, unverified_body=body)
