"""From an HTTP request to an intent: strict about form, silent about what it does not know."""

from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.types import Message

from broker.errors import InvalidRequest, NotFound
from broker.signin.start import StartSignIn
from broker.web import parse
from broker.web.parse import UnsupportedMediaType
from tests.unit.web.asgi import a_scope

Pairs = Sequence[tuple[str, str]]
WHOLE = [
    ("provider", "Microsoft"),
    ("redirect_to", "https://app.example.com/?a=b&c=d"),
    ("error_redirect_to", "https://app.example.com/e"),
    ("code_challenge", "c" * 43),
    ("code_challenge_method", "S256"),
    ("login_hint", "alice@alder.example"),
    ("domain_hint", "alder.example"),
    ("prompt", "select_account"),
    ("provider_scopes", "Mail.Read  Files.Read"),
    ("max_age", "0"),
    ("ui_locales", "de-AT en"),
]


def start(query: Pairs | bytes) -> StartSignIn:
    raw = query if isinstance(query, bytes) else urlencode(list(query)).encode()
    return parse.start_of(Request(a_scope(query_string=raw)), "plain")


def a_request(body: bytes, content_type: str | None) -> Request:
    headers = [] if content_type is None else [("content-type", content_type)]

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(a_scope("POST", headers=headers), receive)


def test_start_with_everything_is_read_into_one_intent() -> None:
    intent = start(WHOLE)
    assert intent.fault is None
    assert (intent.surface, intent.provider) == ("plain", "microsoft")
    assert intent.unverified_redirect_to == "https://app.example.com/?a=b&c=d"
    assert intent.unverified_error_redirect_to == "https://app.example.com/e"
    assert (intent.code_challenge, intent.code_challenge_method) == ("c" * 43, "S256")
    options = intent.options
    assert (options.login_hint, options.domain_hint) == ("alice@alder.example", "alder.example")
    assert (options.prompt, options.max_age, options.scopes) == ("select_account", 0, ("Mail.Read", "Files.Read"))


@pytest.mark.parametrize("name", [name for name, _ in WHOLE])
def test_parameter_that_is_given_twice_is_a_fault(name: str) -> None:
    """Two readers of one request must not see two things."""
    value = dict(WHOLE)[name]
    fault = start([*WHOLE, (name, value)]).fault
    assert fault is not None
    assert fault.detail == f"{name} is given more than once"


@pytest.mark.parametrize("name", [name for name, _ in WHOLE])
def test_parameter_that_is_given_empty_counts_as_absent_and_still_as_given(name: str) -> None:
    without = [(key, value) for key, value in WHOLE if key != name]
    assert start([*without, (name, "")]) == start(without)
    assert start([*WHOLE, (name, "")]).fault is not None


def test_unknown_parameter_is_ignored_however_often_it_comes() -> None:
    assert start([*WHOLE, ("x", "1"), ("x", "2"), ("Provider", "other")]) == start(WHOLE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", "create"),
        ("prompt", "login consent"),
        ("prompt", "LOGIN"),
        ("max_age", "-1"),
        ("max_age", "86401"),
        ("max_age", "1.5"),
        ("max_age", "٣"),
        ("max_age", "9" * 5000),
        ("login_hint", "x" * 321),
        ("login_hint", "a\nb"),
        ("login_hint", "a\x00b"),
        ("domain_hint", "alder.example/"),
        ("domain_hint", "x" * 254),
        ("ui_locales", "de,en"),
        ("ui_locales", " ".join(["de"] * 11)),
        ("provider_scopes", "a " * 21),
        ("provider_scopes", 'Mail"Read'),
        ("provider_scopes", "x" * 257),
    ],
)
def test_value_of_another_form_is_a_fault(name: str, value: str) -> None:
    given = [(key, kept) for key, kept in WHOLE if key != name]
    assert start([*given, (name, value)]).fault is not None


@pytest.mark.parametrize(
    ("name", "value"), [("max_age", "86400"), ("login_hint", "x" * 320), ("login_hint", "Zoë"), ("prompt", "none")]
)
def test_value_at_the_edge_is_taken(name: str, value: str) -> None:
    given = [(key, kept) for key, kept in WHOLE if key != name]
    assert start([*given, (name, value)]).fault is None


@pytest.mark.parametrize("query", [b"\xff=1", b"a=%ff", "é=1".encode(), b"&".join([b"a=1"] * 51)])
def test_query_that_is_not_well_formed_is_a_fault(query: bytes) -> None:
    assert start(query).fault is not None


def test_faulty_request_still_says_where_its_errors_go_unless_it_says_so_twice() -> None:
    """That target is admitted by the allowlist before it is used, as any other."""
    own = ("error_redirect_to", "https://app.example.com/e")
    assert start([("prompt", "x"), ("provider", "a"), ("provider", "b"), own]).unverified_error_redirect_to == own[1]
    assert start([("prompt", "x"), own, own]).unverified_error_redirect_to is None


async def test_json_object_is_read_whatever_the_parameters_of_its_type() -> None:
    assert await parse.json_object(a_request(b'{"a": 1}', "application/json; charset=utf-8")) == {"a": 1}


@pytest.mark.parametrize("content_type", [None, "", "text/json", "application/json-patch+json", "text/plain"])
async def test_json_of_another_type_is_not_read(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        await parse.json_object(a_request(b"{}", content_type))


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b"{'a':1}"])
async def test_body_that_is_no_json_object_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await parse.json_object(a_request(body, "application/json"))
    assert "NaN" not in caught.value.detail


async def test_form_is_read_in_the_order_in_which_it_came() -> None:
    form = a_request(b"b=1&a=2&b=+x%26", "application/x-www-form-urlencoded")
    assert await parse.form_pairs(form) == [("b", "1"), ("a", "2"), ("b", " x&")]


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/json", None])
async def test_form_of_another_type_is_not_read(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        await parse.form_pairs(a_request(b"a=1", content_type))


def test_member_is_a_string_with_content_or_not_there() -> None:
    body = {"a": "x", "b": "", "c": None, "d": 1, "e": ["x"], "f": True}
    assert [parse.text_member(body, name) for name in ("a", "b", "c", "missing")] == ["x", None, None, None]
    for name in ("d", "e", "f"):
        with pytest.raises(InvalidRequest):
            parse.text_member(body, name)


@pytest.mark.parametrize(
    "unverified",
    ["", "x", "01990000-0000-7000-8000-00000000000", "01990000-0000-7000-8000-0000000000000", "\x00", "x" * 10_000,
     "01990000-0000-7000-8000-00000000000A", "019900000000700080000000000000000000",
     "01990000-0000-7000-8000-000000000000\n"],
)  # fmt: skip
def test_id_in_a_path_is_spelled_as_we_spell_ids_or_is_not_there(unverified: str) -> None:
    with pytest.raises(NotFound):
        parse.path_id(Request(a_scope(path_params={"id": unverified})), "id")


def test_id_of_ours_is_taken() -> None:
    own = "01990000-0000-7000-8000-000000000000"
    assert parse.path_id(Request(a_scope(path_params={"id": own})), "id") == own
