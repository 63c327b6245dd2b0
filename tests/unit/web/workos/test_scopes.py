"""Every spelling that an SDK sends, and what somebody could send in its place."""

import warnings

import pytest

from broker.errors import InvalidRequest
from broker.web.workos.scopes import provider_query_params, provider_scopes

BOTH = ("User.Read", "Mail.Read")


@pytest.mark.parametrize(
    "pairs",
    [
        [("provider_scopes", "User.Read,Mail.Read")],
        [("provider_scopes", "User.Read Mail.Read")],
        [("provider_scopes", "['User.Read', 'Mail.Read']")],
        [("provider_scopes", '["User.Read", "Mail.Read"]')],
        [("provider_scopes", "User.Read"), ("provider_scopes", "Mail.Read")],
        [("provider_scopes[]", "User.Read"), ("provider_scopes[]", "Mail.Read")],
        [("provider_scopes", "User.Read,,Mail.Read,User.Read")],
    ],
)
def test_every_spelling_of_scopes_is_read(pairs: list[tuple[str, str]]) -> None:
    assert provider_scopes(pairs) == BOTH


def test_no_scopes_are_none() -> None:
    assert provider_scopes([("provider_scopes", "")]) == ()


@pytest.mark.parametrize(
    "value",
    [
        "['User.Read'",
        "[1]",
        "[['a']]",
        "[__import__('os').system('true')]",
        "[" * 3000,
        '["a" "\\"]',
        "a\u0000b",
        "caf\u00e9",
        ",".join(f"s{n}" for n in range(21)),
    ],
)
def test_what_is_no_list_of_scopes_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        provider_scopes([("provider_scopes", value)])


@pytest.mark.parametrize(
    "pairs",
    [
        [("provider_query_params", "{'prompt': 'select_account'}")],
        [("provider_query_params", '{"prompt": "select_account"}')],
        [("provider_query_params[prompt]", "select_account")],
    ],
)
def test_every_spelling_of_query_parameters_is_read(pairs: list[tuple[str, str]]) -> None:
    assert provider_query_params(pairs) == {"prompt": "select_account"}


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "state", "nonce", "scope", "response_mode", "code_challenge", "request"]
)
def test_parameters_of_the_protocol_are_never_taken(name: str) -> None:
    assert provider_query_params([(f"provider_query_params[{name}]", "evil")]) == {}
    assert provider_query_params([("provider_query_params", f"{{'{name}': 'evil'}}")]) == {}


@pytest.mark.parametrize("value", ["{'prompt'", "['prompt']", "{'prompt': 1}", "{1: 'a'}", "{" * 5000, "prompt"])
def test_what_is_no_map_of_strings_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        provider_query_params([("provider_query_params", value)])


def test_text_of_a_stranger_has_python_say_nothing_beside_our_log() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for text in ("['\\d\\\x1b']", "[1if 1else 2]", "['\\400']"):
            with pytest.raises(InvalidRequest):
                provider_scopes([("provider_scopes", text)])
    assert said == []
