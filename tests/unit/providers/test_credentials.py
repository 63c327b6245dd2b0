import base64
import datetime
from collections.abc import Sequence
from urllib.parse import parse_qs, unquote_plus

import pytest

from broker.clock import FrozenClock
from broker.config.sections.credentials import CredentialSection
from broker.config.sections.secret import Secret
from broker.errors import ProviderDenied, UpstreamUnavailable
from broker.providers.credentials.configured import Surroundings, from_sections
from broker.providers.credentials.credential import Credential, CredentialUnusable, PreparedForm, TokenRequest
from broker.providers.credentials.ordered import Credentials, none_usable
from broker.providers.credentials.secret import ClientSecret

NASTY = "s~e&c=r%t+ é:"
FORM = {"grant_type": "authorization_code", "code": "a b&c", "client_id": "id:with colon"}
ENDPOINT = "https://login.example/token"


def secret(value: str = NASTY, *, expires_at: int | None = None, name: str = "a") -> ClientSecret:
    return ClientSecret(id=name, reveal=lambda: value, expires_at=expires_at)


def a_request(*methods: str) -> TokenRequest:
    return TokenRequest(client_id="id:with colon", endpoint=ENDPOINT, audience=ENDPOINT, form=FORM, methods=methods)


class Told:
    """What the operator was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []

    def __call__(self, *, credential: str, problem: str, detail: str) -> None:
        self.lines.append((credential, problem, detail))


def order(*ordered: Credential, now: int = 1_000) -> Sequence[str]:
    return names(Credentials(ordered=ordered, clock=FrozenClock(now)))


def names(credentials: Credentials) -> list[str]:
    return [each.id for each in credentials.in_turn()]


async def prepared(credential: Credential, *methods: str) -> PreparedForm:
    return await credential.prepare(a_request(*methods))


@pytest.mark.parametrize(
    "methods", [(), ("client_secret_post",), ("client_secret_basic", "client_secret_post"), ("private_key_jwt",)]
)
async def test_a_secret_goes_into_the_form_by_default(methods: tuple[str, ...]) -> None:
    form = await prepared(secret(), *methods)
    assert parse_qs(form.body) == {
        "grant_type": ["authorization_code"],
        "code": ["a b&c"],
        "client_id": ["id:with colon"],
        "client_secret": [NASTY],
    }
    assert form.headers == {}


async def test_a_secret_goes_into_the_header_only_where_nothing_else_is_taken() -> None:
    form = await prepared(secret(), "client_secret_basic")
    scheme, _, value = form.headers["Authorization"].partition(" ")
    name, _, found = base64.b64decode(value).decode("ascii").partition(":")
    assert (scheme, unquote_plus(name), unquote_plus(found)) == ("Basic", "id:with colon", NASTY)
    assert set(parse_qs(form.body)) == {"grant_type", "code"}


async def test_nothing_prints_a_secret() -> None:
    given = Credentials(ordered=[secret()], clock=FrozenClock())
    form = await prepared(secret())
    assert NASTY not in repr(secret()) + repr(form) + repr(given) + repr(given.standing())
    assert "client_secret" not in repr(form)
    assert form.material not in repr(form)


def test_the_first_that_has_not_expired_has_its_turn_first() -> None:
    old, new = secret("old", expires_at=1_000, name="old"), secret("new", expires_at=1_001, name="new")
    assert order(old, new) == ["new", "old"]
    assert order(new, old) == ["new", "old"]
    assert order(old, new, now=999) == ["old", "new"]


def test_a_date_written_down_wrongly_locks_nobody_out() -> None:
    older, old = secret("older", expires_at=1, name="older"), secret("old", expires_at=2, name="old")
    assert order(older, old) == ["old", "older"]


def test_without_any_credential_the_operator_is_told() -> None:
    with pytest.raises(ProviderDenied) as caught:
        order()
    assert caught.value.code == "provider_misconfigured"


async def test_a_secret_is_read_anew_for_every_request() -> None:
    values = iter(["first", "second"])
    given = ClientSecret(id="a", reveal=lambda: next(values))
    bodies = [(await prepared(given)).body for _ in range(2)]
    assert [parse_qs(body)["client_secret"] for body in bodies] == [["first"], ["second"]]


def test_a_refused_one_waits_five_minutes_and_then_has_its_turn_again() -> None:
    clock, told = FrozenClock(), Told()
    first, second = secret("one", name="first"), secret("two", name="second")
    given = Credentials(ordered=[first, second], clock=clock, observe=told)
    given.refused(first, material=first.material(), detail="error=invalid_client 7000222")
    assert names(given) == ["second", "first"]
    assert [each.set_aside_for for each in given.standing()] == [300, 0]
    clock.advance(299)
    assert names(given) == ["second", "first"]
    clock.advance(1)
    assert names(given) == ["first", "second"]
    assert told.lines == [("first", "a credential was refused and is set aside", "error=invalid_client 7000222")]


def test_where_all_were_refused_the_first_is_tried_again() -> None:
    first, second = secret("one", name="first"), secret("two", name="second")
    given = Credentials(ordered=[first, second], clock=FrozenClock())
    for each in (second, first):
        given.refused(each, material=each.material(), detail="")
    assert names(given) == ["first", "second"]


def test_an_exchanged_one_does_not_wait_for_the_sins_of_the_one_before() -> None:
    value = "one"
    first, second = ClientSecret(id="first", reveal=lambda: value), secret("two", name="second")
    given = Credentials(ordered=[first, second], clock=FrozenClock())
    given.refused(first, material=first.material(), detail="")
    assert names(given) == ["second", "first"]
    value = "another"
    assert names(given) == ["first", "second"]


def test_one_that_was_taken_after_all_waits_no_longer() -> None:
    first, second = secret("one", name="first"), secret("two", name="second")
    given = Credentials(ordered=[first, second], clock=FrozenClock())
    given.refused(first, material=first.material(), detail="")
    given.accepted(first)
    assert names(given) == ["first", "second"]


def test_the_log_hears_of_a_trouble_once_a_minute_not_with_every_sign_in() -> None:
    clock, told = FrozenClock(), Told()
    first = secret(name="first")
    given = Credentials(ordered=[first], clock=clock, observe=told)
    for _ in range(3):
        given.unusable(first, CredentialUnusable("the file is stale"))
    clock.advance(60)
    given.unusable(first, CredentialUnusable("the file is stale"))
    assert told.lines == [("first", "a credential cannot be used", "the file is stale")] * 2


def test_where_none_can_be_presented_another_try_is_promised_only_where_it_may_help() -> None:
    for_good, for_now = CredentialUnusable("stale"), CredentialUnusable("no answer", temporary=True)
    denied, unavailable = none_usable([for_good]), none_usable([for_good, for_now])
    assert (type(denied), denied.code) == (ProviderDenied, "provider_misconfigured")
    assert isinstance(unavailable, UpstreamUnavailable)
    assert "stale" in unavailable.detail


def test_sections_become_credentials_in_their_order_good_until_the_end_of_the_day() -> None:
    day = datetime.date(2027, 5, 1)
    made = from_sections(
        [CredentialSection(value=Secret("one"), expires_on=day), CredentialSection(value=Secret("two"), id="mine")],
        Surroundings(provider="microsoft", clock=FrozenClock(), exchange_audience="api://x", environ={}),
    )
    assert [(each.id, each.expires_at) for each in made] == [("secret-1", 1_809_216_000), ("mine", None)]
    midnight = datetime.datetime(2027, 5, 2, tzinfo=datetime.UTC)
    assert made[0].expires_at == int(midnight.timestamp())
