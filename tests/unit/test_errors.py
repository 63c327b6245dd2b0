"""The error tree: names that callers may rely on, and details that are for the log alone."""

import inspect
from collections.abc import Iterator

import pytest

from broker import errors
from broker.errors import (
    BrokerError,
    BrowserMismatch,
    ConfigError,
    ConfigMistake,
    IdentityRefused,
    RateLimited,
    RedirectNotAllowed,
    Rejected,
    SealBroken,
    SignInFailed,
    StoreError,
    TokenInvalid,
)

CODES = {
    "BrowserMismatch": "wrong_browser",
    "CodeExpired": "expired",
    "ConfigError": "configuration",
    "Conflict": "conflict",
    "GrantRefused": "invalid_grant",
    "IdentityRefused": "tenant_not_allowed",
    "InvalidRequest": "invalid_request",
    "LinkingRefused": "user_conflict",
    "NotAuthenticated": "not_authenticated",
    "NotFound": "not_found",
    "NotPermitted": "not_permitted",
    "NotUnique": "server_error",
    "ProviderDenied": "access_denied",
    "ProviderTokenRefused": "not_kept",
    "RateLimited": "rate_limited",
    "RedirectNotAllowed": "invalid_request",
    "Rejected": "invalid_request",
    "ResponseInvalid": "invalid_request",
    "SchemaMismatch": "server_error",
    "SealBroken": "server_error",
    "SignInExpired": "sign_in_expired",
    "SignInFailed": "server_error",
    "SignInUsed": "already_used",
    "StoreError": "server_error",
    "StoreUnavailable": "temporarily_unavailable",
    "TokenInvalid": "invalid_response",
    "UpstreamUnavailable": "temporarily_unavailable",
}


def _all() -> Iterator[type[BrokerError]]:
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, BrokerError) and found is not BrokerError:
            yield found


def test_every_error_has_the_code_that_callers_know() -> None:
    assert {one.__name__: one.code for one in _all()} == CODES


def test_only_somebody_elses_sign_in_is_an_attack_by_itself() -> None:
    assert {one.__name__: one.security for one in _all() if one.security} == {"BrowserMismatch": "wrong_browser"}


def test_every_error_is_the_callers_fault_or_ends_the_sign_in_or_is_ours() -> None:
    ours = {"ConfigError", "ProviderTokenRefused", "SealBroken"}
    for one in _all():
        assert issubclass(one, Rejected | SignInFailed | StoreError) or one.__name__ in ours, one


def test_code_security_and_delay_can_be_said_where_the_error_is_raised() -> None:
    error = IdentityRefused("why", code="account_locked")
    assert (error.code, error.detail, error.security, error.retry_after) == ("account_locked", "why", None, None)
    assert str(error) == "account_locked: why"
    assert IdentityRefused.code == "tenant_not_allowed"
    assert RateLimited(retry_after=5).retry_after == 5
    assert str(RateLimited()) == "rate_limited"
    assert BrowserMismatch(security="another").security == "another"


def test_a_token_error_names_its_check() -> None:
    error = TokenInvalid("nonce", "differs", security="nonce")
    assert (error.check, error.detail, error.security, error.code) == (
        "nonce",
        "nonce: differs",
        "nonce",
        "invalid_response",
    )
    assert TokenInvalid("aud").detail == "aud"


def test_a_refused_target_names_its_rule() -> None:
    assert RedirectNotAllowed("no-pattern").rule == "no-pattern"
    assert RedirectNotAllowed("no-pattern").detail == "redirect target refused: no-pattern"
    assert RedirectNotAllowed("no-pattern", "in other words").detail == "in other words"


def test_a_broken_seal_names_the_secret_that_is_needed() -> None:
    assert SealBroken("why", secret_id="a1b2c3d4").secret_id == "a1b2c3d4"


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (ConfigMistake(message="is wrong"), "is wrong"),
        (ConfigMistake(message="is wrong", key="a.b"), "a.b: is wrong"),
        (ConfigMistake(message="is wrong", key="a.b", file="config.yaml"), "config.yaml: a.b: is wrong"),
        (
            ConfigMistake(message="is wrong", key="a.b", file="config.yaml", line=7, hint="meant: a.c"),
            "config.yaml:7: a.b: is wrong (meant: a.c)",
        ),
    ],
)
def test_a_mistake_says_where_what_and_what_was_meant(mistake: ConfigMistake, line: str) -> None:
    assert str(mistake) == line


def test_all_mistakes_are_told_at_once() -> None:
    error = ConfigError([ConfigMistake(message="one"), ConfigMistake(message="two")])
    assert str(error) == "configuration: one\ntwo"
    assert len(error.mistakes) == 2
    assert ConfigError("just this").mistakes == (ConfigMistake(message="just this"),)
