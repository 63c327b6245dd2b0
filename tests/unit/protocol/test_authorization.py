"""The authorization request, and what a browser brings back."""

import contextlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import ResponseInvalid, UpstreamUnavailable
from broker.protocol.authorization import (
    UnverifiedAuthorizationError,
    UnverifiedAuthorizationResponse,
    authorization_url,
    read_response,
)

ENDPOINT = "https://login.provider.example/common/oauth2/v2.0/authorize"


def url(endpoint: str = ENDPOINT, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "client_id": "client",
        "redirect_uri": "http://localhost:8000/thirdparty/callback",
        "scopes": ("openid", "profile"),
        "state": "s" * 43,
        "nonce": "n" * 43,
        "code_challenge": "c" * 43,
    }
    return authorization_url(endpoint, **(arguments | changes))


def parameters(address: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_request_holds_what_openid_connect_and_pkce_ask_for() -> None:
    assert url().startswith(ENDPOINT + "?")
    assert parameters(url()) == {
        "client_id": "client",
        "response_type": "code",
        "redirect_uri": "http://localhost:8000/thirdparty/callback",
        "scope": "openid profile",
        "state": "s" * 43,
        "nonce": "n" * 43,
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }


def test_response_mode_and_extras_are_added() -> None:
    found = parameters(url(response_mode="form_post", extra={"prompt": "login", "login_hint": "a b+c&d=é@x.example"}))
    assert found["response_mode"] == "form_post"
    assert found["prompt"] == "login"
    assert found["login_hint"] == "a b+c&d=é@x.example"


@pytest.mark.parametrize(
    "name", ["state", "nonce", "code_challenge_method", "redirect_uri", "scope", "response_type", "response_mode"]
)
def test_extras_cannot_replace_what_protects_the_sign_in(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        url(extra={name: "plain"})


@pytest.mark.parametrize("query", ["?p=policy&x=", "?p=policy&x=&"])
def test_query_of_the_endpoint_is_kept(query: str) -> None:
    address = url(ENDPOINT + query.rstrip("&"))
    assert address.count("?") == 1
    assert parameters(address)["p"] == "policy"
    assert parameters(address)["x"] == ""
    assert parameters(address)["state"] == "s" * 43


def test_empty_query_of_the_endpoint_makes_no_second_question_mark() -> None:
    assert url(ENDPOINT + "?").startswith(ENDPOINT + "?client_id=")


@pytest.mark.parametrize("query", ["client_id=other", "p=1&state=x", "redirect%5furi=https://attacker.example"])
def test_endpoint_whose_query_repeats_a_parameter_of_ours_is_refused(query: str) -> None:
    with pytest.raises(UpstreamUnavailable):
        url(f"{ENDPOINT}?{query}")


def test_success_is_read() -> None:
    response = read_response(
        [("code", "M.R3_BAY.x"), ("state", "s"), ("session_state", "x"), ("iss", "https://i.example")]
    )
    assert (response.code, response.state, response.issuer, response.error) == (
        "M.R3_BAY.x",
        "s",
        "https://i.example",
        None,
    )


def test_cancelling_brings_no_description() -> None:
    response = read_response([("error", "access_denied"), ("error_subcode", "cancel"), ("state", "s")])
    assert response.error == UnverifiedAuthorizationError(error="access_denied", subcode="cancel")
    assert response.code is None


def test_error_texts_are_cut_and_escaped() -> None:
    response = read_response(
        [("error", "x\nlevel=info"), ("error_description", "AADSTS65004: no\r\nTrace ID: 1" + "y" * 2_000)]
    )
    assert response.error is not None
    assert response.error.error == r"x\nlevel=info"
    assert response.error.description is not None
    assert response.error.description.startswith(r"AADSTS65004: no\r\nTrace ID: 1")
    assert len(response.error.description) == 1_024


def test_empty_counts_as_absent() -> None:
    response = read_response([("code", "c"), ("error", ""), ("state", ""), ("iss", "")])
    assert (response.code, response.error, response.state, response.issuer) == ("c", None, None, None)


def test_unknown_parameters_are_ignored_even_when_repeated() -> None:
    response = read_response([("code", "c"), ("x", "1"), ("x", "2"), ("id_token", "a.b.c"), ("access_token", "t")])
    assert response.code == "c"


@pytest.mark.parametrize("second", ["2", ""])
def test_repeated_state_is_refused(second: str) -> None:
    with pytest.raises(ResponseInvalid, match="state is repeated"):
        read_response([("state", "1"), ("state", second)])


@pytest.mark.parametrize("name", ["code", "error", "error_description", "iss", "session_state"])
@pytest.mark.parametrize("second", ["2", ""])
def test_repeated_known_parameter_is_a_fault_of_the_answer(name: str, second: str) -> None:
    response = read_response([(name, "1"), ("state", "s"), (name, second)])
    assert response == UnverifiedAuthorizationResponse(state="s", fault=f"{name} is repeated")


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("code", "c"), ("error", "access_denied")], "at once"),
        ([("code", "c" * 8_193)], "code is too long"),
        ([("iss", "i" * 2_049)], "iss is too long"),
        ([("code", "c\r\nX: y")], "code has characters"),
        ([("code", "\u212a")], "code has characters"),
        ([("iss", "https://\ud800")], "iss has characters"),
    ],
)
def test_of_a_hostile_response_nothing_but_its_state_is_read(pairs: list[tuple[str, str]], reason: str) -> None:
    """So that whoever's sign-in it is can be told, once the state is proven."""
    response = read_response([*pairs, ("state", "s")])
    assert reason in (response.fault or "")
    assert (response.fault or "").isprintable()
    assert response == UnverifiedAuthorizationResponse(state="s", fault=response.fault)


@pytest.mark.parametrize(("state", "reason"), [("s" * 513, "state is too long"), ("s\0", "state has characters")])
def test_hostile_state_is_refused(state: str, reason: str) -> None:
    with pytest.raises(ResponseInvalid, match=reason) as refusal:
        read_response([("state", state), ("code", "c")])
    assert refusal.value.detail.isprintable()


def test_longest_code_is_read() -> None:
    assert read_response([("code", "c" * 8_192)]).code == "c" * 8_192


def test_nothing_at_all_is_read_as_nothing() -> None:
    response = read_response([])
    assert (response.state, response.code, response.error, response.issuer) == (None, None, None, None)


def test_a_response_prints_neither_code_nor_state() -> None:
    assert (
        repr(read_response([("code", "secret"), ("state", "secret")])) == "UnverifiedAuthorizationResponse(state, code)"
    )


NAMES = st.sampled_from(["state", "code", "error", "error_description", "error_uri", "iss", "x", ""]) | st.text()


@given(st.lists(st.tuples(NAMES, st.text(st.characters()))))
def test_no_pairs_raise_anything_else(pairs: list[tuple[str, str]]) -> None:
    with contextlib.suppress(ResponseInvalid):
        response = read_response(pairs)
        assert response.code is None or response.error is None
        for value in (response.state, response.code, response.issuer):
            assert value is None or (value.isascii() and value.isprintable())
