import pytest

from broker.errors import ProviderDenied, UpstreamUnavailable
from broker.providers.refusals import Meaning, by_error, refused


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "access_denied"),
        ("login_required", "interaction_required"),
        ("account_selection_required", "interaction_required"),
        ("consent_required", "consent_required"),
        ("server_error", "temporarily_unavailable"),
        ("invalid_client", "provider_misconfigured"),
        ("invalid_grant", "invalid_response"),
        ("", "invalid_response"),
        ("ACCESS_DENIED", "invalid_response"),
    ],
)
def test_an_error_goes_by_its_name(error: str, code: str) -> None:
    assert by_error(error).code == code


def test_what_the_provider_said_is_in_the_detail_and_nowhere_else() -> None:
    error = refused(
        Meaning(code="not_assigned", hint="look there", security="code_replayed"),
        unverified_error="access_denied",
        unverified_text="<b>secret plans</b>\r\nevent=security",
        trace="abc",
    )
    assert isinstance(error, ProviderDenied)
    assert (error.code, error.security) == ("not_assigned", "code_replayed")
    assert "look there" in error.detail
    assert "abc" in error.detail
    assert "secret plans" in error.detail
    assert error.detail.isprintable()


def test_what_may_pass_is_worth_another_try() -> None:
    error = refused(Meaning(code="temporarily_unavailable"), unverified_error="server_error", unverified_text=None)
    assert isinstance(error, UpstreamUnavailable)
