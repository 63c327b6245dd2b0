"""Templates of claims: what a Hanko configuration has there, evaluated as a recording of it shows."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.users import UserProfile
from broker.sessions.templates.claims import ClaimTemplates, mistakes, overwritten
from broker.sessions.templates.paths import get
from broker.sessions.templates.words import TemplateInvalid
from broker.sessions.token import shed
from tests.store.rows import a_user, an_email

USER = replace(a_user(), name="Jane Doe", given_name="Jane", family_name="Doe", picture="https://img.example.com/j.png")
JANE = UserProfile(user=USER, emails=(an_email(USER.id, "jane@example.com"),), identities=())
NOBODY = UserProfile(
    user=replace(USER, name=None, given_name=None, family_name=None, picture=None), emails=(), identities=()
)
KEPT = UserMetadata(public={"a": {"b": 1}, "role": "admin", "teams": [{"n": "x"}, {"n": "y"}], "dot.ted": 5})


def claim(template: Any, profile: UserProfile = JANE, metadata: UserMetadata = KEPT) -> Any:
    """The value of one claim; `KeyError` when it was left out."""
    return ClaimTemplates({"c": template}).claims_for(profile, metadata)["c"]


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("admin", "admin"),
        (5, 5),
        (True, True),
        (["a", 1], ["a", 1]),
        ({"x": "{{.User.UserID}}"}, {"x": USER.id}),
        ("Hello {{.User.Email.Address}}", "Hello jane@example.com"),
        ("{{.User.Email.IsVerified}}", True),
        ("{{.User.Name}}", "Jane Doe"),
        ('{{.User.Metadata.Public "a"}}', {"b": 1}),
        ('{{ .User.Metadata.Public "a.b" }}', "1"),
        ('{{.User.Metadata.Public "role"}}', "admin"),
        ('{{.User.Metadata.Public "nope"}}', ""),
        ('{{.User.Metadata.Unsafe "role"}}', ""),
        ('{{if eq (.User.Metadata.Public "role") "admin"}}yes{{else}}no{{end}}', "yes"),
        ("{{if .User.Username}}named{{else if .User.Email}}addressed{{end}}", "addressed"),
        ("{{with .User.Email}}{{.Address}}{{end}}", "jane@example.com"),
        ('{{range .User.Metadata.Public "teams"}}{{.n}},{{end}}', "x,y,"),
        ('{{printf "%s <%s>" .User.Name .User.Email.Address}}', "Jane Doe <jane@example.com>"),
        ("a {{- /* not seen */ -}} b", "ab"),
        ('{{ .User.Name | printf "%q" }}', '"Jane Doe"'),
        ("{{ len .User.GivenName }}", "4"),
        ('{{ and .User.Name "x" }}{{ or .User.Username "y" }}{{ not .User.Username }}', "xytrue"),
        ("{{ $.User.GivenName }}", "Jane"),
    ],
)
def test_template_has_the_value_that_go_gives_it(template: Any, value: Any) -> None:
    assert claim(template) == value


def test_whole_user_is_printed_as_json_with_hankos_names() -> None:
    email = {"address": "jane@example.com", "is_primary": True, "is_verified": True}
    assert claim("{{ .User }}", metadata=UserMetadata(public={"a": {"b": 1}}, private={"secret": 1})) == {
        "email": email,
        "family_name": "Doe",
        "given_name": "Jane",
        "metadata": {"public_metadata": {"a": {"b": 1}}},
        "name": "Jane Doe",
        "picture": "https://img.example.com/j.png",
        "user_id": USER.id,
        "username": "",
    }
    assert claim("{{.User.Email}}") == email


def test_claim_without_a_value_for_somebody_is_left_out_and_told() -> None:
    told: list[str] = []
    templates = ClaimTemplates(
        {"mail": "{{.User.Email.Address}}", "name": "{{.User.Name}}"}, told=lambda name, _why: told.append(name)
    )
    assert templates.claims_for(NOBODY) == {"name": ""}
    assert told == ["mail"]


@pytest.mark.parametrize(
    "template",
    [
        "{{.User.", "{{.User.Nope}}", "{{.Nope}}", "{{.User.Email.Nope}}", "{{nope}}", "{{end}}", "{{if .User}}",
        "{{else}}", "{{ call .User }}", '{{ template "x" }}', '{{.User.Metadata.Public "a|@this"}}', "{{ $x := 1 }}",
        "{{ 1 2 }}", "{{}}", "{{ .User.Metadata.Private }}", "{{" * 3, "{{.User.Metadata.Public}}", "x" * 5000,
    ],
)  # fmt: skip
def test_what_means_nothing_is_a_mistake_and_no_surprise(template: str) -> None:
    assert [name for name, _ in mistakes({"c": template})] == ["c"]


@pytest.mark.parametrize("name", ["sub", "exp", "session_id", "aud", "iss", "amr"])
def test_claim_that_every_session_token_has_is_named_as_written_in_vain(name: str) -> None:
    assert overwritten({name: "x", "mine": "y"}) == (name,)
    assert list(mistakes({name: "x"})) == []


@pytest.mark.parametrize(
    "written",
    ["[" * 1500 + "]" * 1500, "[NaN]", "[1e999]", "[-Infinity]", '["\\ud800"]', "x\ud800"],
    ids=lambda text: text[:12],
)
def test_what_no_token_could_carry_is_left_out_whoever_wrote_it(written: str) -> None:
    """People write some of what a template shows: they shall not break their own sign-in with it."""
    for metadata in (UserMetadata(unsafe={"x": written}),):
        with pytest.raises(KeyError):
            claim('{{.User.Metadata.Unsafe "x"}}', metadata=metadata)


@pytest.mark.parametrize("written", ["[" + "9" * 2900 + "]", "[1e-999999999999999999999999999999999999999999]"])
def test_number_that_our_own_checks_would_refuse_is_nobodys_claim(written: str) -> None:
    with pytest.raises(KeyError):
        claim('{{.User.Metadata.Unsafe "x"}}', metadata=UserMetadata(unsafe={"x": written}))


def test_person_names_no_member_of_a_claim_a_second_time_by_what_is_put_into_it() -> None:
    template = '{"role":"{{.User.Metadata.Public "role"}}","nick":"{{.User.Metadata.Unsafe "nick"}}"}'
    kept = UserMetadata(public={"role": "user"}, unsafe={"nick": "x"})
    assert claim(template, metadata=kept) == {"role": "user", "nick": "x"}
    with pytest.raises(KeyError):
        claim(template, metadata=replace(kept, unsafe={"nick": 'x","role":"admin'}))


def test_claim_is_nested_no_deeper_than_our_own_checks_take() -> None:
    deep: Any = "x"
    for _ in range(14):
        deep = {"d": deep}
    with pytest.raises(KeyError):
        claim("{{.User}}", metadata=UserMetadata(unsafe=deep))
    with pytest.raises(KeyError):
        claim({"a": {"b": {"c": "{{.User.Metadata}}"}}}, metadata=UserMetadata(unsafe=deep["d"]["d"]))
    assert claim("{{.User.Metadata}}", metadata=UserMetadata(unsafe={"d": "x"})) == {"unsafe_metadata": {"d": "x"}}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**30, [{"a": 10**30}]])
def test_number_that_no_token_can_carry_is_a_mistake(value: Any) -> None:
    assert [name for name, _ in mistakes({"c": value})] == ["c"]


def test_claims_that_are_ours_are_never_a_templates() -> None:
    named = dict.fromkeys(["nbf", "jti", "amr", "provider", "sub", "mine"], "x")
    assert ClaimTemplates(named).claims_for(JANE) == {"mine": "x"}


def test_what_stands_behind_the_value_that_decides_is_not_looked_at() -> None:
    assert claim("{{if and .User.Email .User.Email.IsVerified}}yes{{else}}no{{end}}", NOBODY) == "no"
    assert claim('{{or "x" .User.Email.Address}}', NOBODY) == "x"


def test_token_without_room_does_without_the_longest_claim_of_a_template() -> None:
    told: list[str] = []
    templates = ClaimTemplates({"short": "a", "long": "b" * 3000}, told=lambda name, _why: told.append(name))
    claims = {"sub": "x", "short": "a", "long": "b" * 3000}
    assert shed(claims, templates)
    assert (set(claims), told) == ({"sub", "short"}, ["long"])
    assert shed(claims, templates)
    assert not shed(claims, templates)
    assert claims == {"sub": "x"}


def test_template_cannot_grow_a_token_without_end() -> None:
    many = UserMetadata(public={"l": ["x" * 100] * 200})
    with pytest.raises(KeyError):
        claim('{{range .User.Metadata.Public "l"}}{{.}}{{end}}', metadata=many)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("teams.#", 2),
        ("teams.#.n", ["x", "y"]),
        ("teams.1.n", "y"),
        (r"dot\.ted", 5),
        ("ro*", "admin"),
        ("r?le", "admin"),
    ],
)
def test_path_into_metadata_finds_what_gjson_finds(path: str, value: Any) -> None:
    assert get(KEPT.public, path) == value


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["{{", "}}", ".User", ".Name", "if", "end", '"a"', "|", "(", ")", " "])).map("".join)
)
def test_no_text_gets_out_of_the_parser_but_as_a_mistake(text: str) -> None:
    list(mistakes({"c": text}))


@given(st.text(max_size=40))
def test_no_path_gets_out_but_as_a_mistake(path: str) -> None:
    try:
        get(KEPT.public, path)
    except TemplateInvalid:
        return


def test_metadata_is_only_asked_for_where_a_template_does() -> None:
    assert not ClaimTemplates({"a": "{{.User.Name}}"}).needs_metadata
    assert ClaimTemplates({"a": ['{{.User.Metadata.Public "x"}}']}).needs_metadata
    assert ClaimTemplates({"a": "{{ .User }}"}).needs_metadata
    assert claim("{{.User.Name}}", metadata=NO_METADATA) == "Jane Doe"
