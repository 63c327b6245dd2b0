import base64
import datetime
from urllib.parse import parse_qs, unquote_plus

import pytest

from broker.clock import FrozenClock
from broker.config.sections.credentials import CredentialSection
from broker.config.sections.secret import Secret
from broker.errors import ProviderDenied
from broker.providers.credentials import ClientSecret, Credential, Credentials, from_sections

NASTY = "s~e&c=r%t+ é:"
FORM = {"grant_type": "authorization_code", "code": "a b&c", "client_id": "id:with colon"}
ENDPOINT = "https://login.example/token"


def secret(value: str = NASTY, *, expires_at: int | None = None, name: str = "a") -> ClientSecret:
    return ClientSecret(id=name, reveal=lambda: value, expires_at=expires_at)


def credentials(*ordered: Credential, now: int = 1_000) -> Credentials:
    return Credentials(client_id="id:with colon", ordered=ordered, clock=FrozenClock(now))


@pytest.mark.parametrize(
    "methods", [(), ("client_secret_post",), ("client_secret_basic", "client_secret_post"), ("private_key_jwt",)]
)
def test_a_secret_goes_into_the_form_by_default(methods: tuple[str, ...]) -> None:
    prepared = credentials(secret()).prepare(endpoint=ENDPOINT, form=FORM, methods=methods)
    assert parse_qs(prepared.body) == {
        "grant_type": ["authorization_code"],
        "code": ["a b&c"],
        "client_id": ["id:with colon"],
        "client_secret": [NASTY],
    }
    assert prepared.headers == {}


def test_a_secret_goes_into_the_header_only_where_nothing_else_is_taken() -> None:
    prepared = credentials(secret()).prepare(endpoint=ENDPOINT, form=FORM, methods=("client_secret_basic",))
    scheme, _, value = prepared.headers["Authorization"].partition(" ")
    name, _, found = base64.b64decode(value).decode("ascii").partition(":")
    assert (scheme, unquote_plus(name), unquote_plus(found)) == ("Basic", "id:with colon", NASTY)
    assert set(parse_qs(prepared.body)) == {"grant_type", "code"}


def test_nothing_prints_a_secret() -> None:
    given = credentials(secret())
    prepared = given.prepare(endpoint=ENDPOINT, form=FORM, methods=())
    assert NASTY not in repr(secret()) + repr(prepared) + repr(given)
    assert "client_secret" not in repr(prepared)


def test_the_first_that_has_not_expired_is_used() -> None:
    old, new = secret("old", expires_at=1_000, name="old"), secret("new", expires_at=1_001, name="new")
    assert credentials(old, new).usable() is new
    assert credentials(new, old).usable() is new
    assert credentials(old, new, now=999).usable() is old


def test_a_date_written_down_wrongly_locks_nobody_out() -> None:
    older, old = secret("older", expires_at=1, name="older"), secret("old", expires_at=2, name="old")
    assert credentials(older, old).usable() is old


def test_without_any_credential_the_operator_is_told() -> None:
    with pytest.raises(ProviderDenied) as caught:
        credentials().usable()
    assert caught.value.code == "provider_misconfigured"


def test_a_secret_is_read_anew_for_every_request() -> None:
    values = iter(["first", "second"])
    given = credentials(ClientSecret(id="a", reveal=lambda: next(values)))
    bodies = [given.prepare(endpoint=ENDPOINT, form={}, methods=()).body for _ in range(2)]
    assert [parse_qs(body)["client_secret"] for body in bodies] == [["first"], ["second"]]


def test_sections_become_credentials_in_their_order_good_until_the_end_of_the_day() -> None:
    day = datetime.date(2027, 5, 1)
    made = from_sections(
        [CredentialSection(value=Secret("one"), expires_on=day), CredentialSection(value=Secret("two"), id="mine")]
    )
    assert [(each.id, each.expires_at) for each in made] == [("secret-1", 1_809_216_000), ("mine", None)]
    midnight = datetime.datetime(2027, 5, 2, tzinfo=datetime.UTC)
    assert made[0].expires_at == int(midnight.timestamp())
