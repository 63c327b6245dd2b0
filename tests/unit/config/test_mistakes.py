from pathlib import Path

import pytest

from tests.unit.config.files import SECRET, mistakes_of, refused, written

EIGHT = """\
service:
  enviroment: staging
  public_url: http://login.example.com/sso
server:
  shutdown_grace: 20
session:
  limit: 0
  cookie:
    same_site: sometimes
third_party:
  allowed_redirect_urls: [**]
  providers:
    microsoft:
      client_id: my-app
      secret: ${BROKER_TEST_NOT_SET}
"""


def test_eight_mistakes_are_eight_lines_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, EIGHT + f"  error_redirect_url: http://localhost:8888/\nsecrets: {{keys: [{SECRET}]}}\n")

    found = mistakes_of(path)

    assert [(mistake.line, mistake.key) for mistake in found] == [
        (2, "service.enviroment"),
        (3, "service.public_url"),
        (5, "server.shutdown_grace"),
        (7, "session.limit"),
        (9, "session.cookie.same_site"),
        (11, "third_party.allowed_redirect_urls[0]"),
        (14, "third_party.providers.microsoft.client_id"),
        (15, "third_party.providers.microsoft.secret"),
    ]
    assert all(mistake.file == str(path) for mistake in found)
    assert "did you mean service.environment?" in str(found[0])
    assert "BROKER_TEST_NOT_SET" in str(found[-1])


def test_missing_key_has_the_line_of_the_block_around_it(tmp_path: Path) -> None:
    path = written(tmp_path, "service:\n  environment: staging\nthird_party:\n  errors_to: redirect_to\n")

    (mistake,) = mistakes_of(path)

    assert (mistake.line, mistake.key) == (3, "third_party.error_redirect_url")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("sesion", "session"),
        ("session.life_span", "session.lifespan"),
        ("third_party.providers.microsoft.clientid", "third_party.providers.microsoft.client_id"),
        ("third_party.providers.microsoft.client_secret", "third_party.providers.microsoft.secret"),
        ("third_party.allowed_redirect_url", "third_party.allowed_redirect_urls"),
        ("third_party.redirect_uri", "third_party.redirect_url"),
        ("LOG", "log"),
    ],
)
def test_unknown_key_gets_the_nearest_known_one(wrong: str, meant: str) -> None:
    assert f"did you mean {meant}?" in refused({wrong: "x"})[wrong]


def test_unknown_key_without_a_near_one_gets_the_list() -> None:
    assert "known here: algorithm" in refused({"session.jwt.zzz": 1})["session.jwt.zzz"]


def test_unknown_key_in_a_list_of_blocks_is_named_with_its_place() -> None:
    key = "third_party.providers.microsoft.email.trusted_tenants"
    tenant = {"tenant": "0f6b3a1e-8d0c-4a53-9f7e-2f1f0c8f1a11", "domains": ["example.com"], "domain": "x"}

    assert "did you mean" in refused({key: [tenant]})[f"{key}[0].domain"]


def test_wrong_value_makes_no_second_mistake_of_what_rests_on_it() -> None:
    assert list(refused({"third_party.error_redirect_url": "nonsense"})) == ["third_party.error_redirect_url"]
    assert list(refused({"third_party": 5}, base={"service.environment": "staging"})) == ["third_party"]


def test_two_wrong_items_of_one_list_hide_nothing_elsewhere() -> None:
    found = refused(
        {
            "third_party.allowed_redirect_urls": ["a b", "https://ok.example.com/", ""],
            "third_party.redirect_url": "https://elsewhere.example.com/thirdparty/callback",
        }
    )

    assert set(found) == {
        "third_party.allowed_redirect_urls[0]",
        "third_party.allowed_redirect_urls[2]",
        "third_party.redirect_url",
    }


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("account.allow_signup", "yes", "must be true or false"),
        ("account.allow_signup", 1, "must be true or false"),
        ("account.allow_signup", None, "is empty"),
        ("session.limit", "5", "must be a whole number"),
        ("session.limit", 2.5, "must be a whole number"),
        ("session.limit", True, "must be a whole number"),
        ("database.pool.min", -1, "must be at least 0"),
        ("service.name", 5, "must be text"),
        ("service.name", "", "must not be empty"),
        ("service.name", "x" * 101, "is longer than 100 characters"),
        ("session.audience", "app", "must be a list"),
        ("session.audience", None, "is empty"),
        ("session.audience", [1], "must be text"),
        ("session", [1], "must be a block of keys"),
        ("log.level", "loud", "must be one of debug, info, warning, error"),
        ("third_party.custom_providers", [], "must be a block of keys"),
        ("third_party.providers.microsoft.credentials", {"kind": "secret"}, "must be a list"),
        ("server.public.address", 8000, "must be text"),
    ],
)
def test_wrong_types_are_named_in_words(key: str, value: object, message: str) -> None:
    (found,) = refused({key: value}).values()

    assert found.startswith(message)


def test_block_whose_lines_are_all_commented_out_counts_as_absent(tmp_path: Path) -> None:
    text = "service: {environment: staging}\nthird_party: {error_redirect_url: http://localhost/, providers: }\nlog:\n"

    assert mistakes_of(written(tmp_path, text)) == []


@pytest.mark.parametrize("value", ["s3cret-value-of-somebody", "${SECRET_OF_SOMEBODY}"])
def test_mistake_never_repeats_a_value(tmp_path: Path, value: str) -> None:
    text = f"""\
service: {{public_url: "{value}", emulator_address: "{value}"}}
database: {{url: "{value}"}}
session: {{lifespan: "{value}", issuer: "{value}", jwt: {{algorithm: "{value}"}}, cookie: {{domain: "{value}"}}}}
rate_limiter: {{starts: "{value}", enabled: "{value}"}}
third_party:
  error_redirect_url: "{value}"
  providers: {{microsoft: {{client_id: "{value}", tenant: "{value} x", scopes: ["{value} x"]}}}}
server: {{trusted_proxies: ["{value}"], hosts: ["{value}/"]}}
"""
    found = mistakes_of(written(tmp_path, text), {"SECRET_OF_SOMEBODY": "s3cret-value-of-somebody"})

    assert len(found) > 10
    assert not any("s3cret" in str(mistake) for mistake in found)


def test_production_without_anything_is_told_all_that_it_needs() -> None:
    found = refused({"database.url": "mysql://db"}, base={"service.environment": "production"})

    assert set(found) == {
        "database.url",
        "secrets.keys",
        "third_party.error_redirect_url",
        "third_party.providers.microsoft.client_id",
    }
