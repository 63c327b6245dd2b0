"""What Microsoft's errors mean for a grant, and what is kept of an answer."""

import pytest

from broker.models.provider_tokens import RefreshGrant
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError
from broker.providers.microsoft.refresh import DEFAULT_LIFETIME, LONGEST_LIFETIME, kept, reason_of, refusal

NOW = 1_790_000_000
GRANT = RefreshGrant(refresh_token="1.old", scopes=("User.Read",), subject_key="global:t:o", subject="sub")


@pytest.mark.parametrize(
    ("error", "numbers", "suberror", "reason"),
    [
        ("interaction_required", (50076,), None, "interaction_required"),
        ("invalid_grant", (50079,), "basic_action", "interaction_required"),
        ("invalid_grant", (53003,), "message_only", "interaction_required"),
        ("invalid_grant", (70043,), "token_expired", "interaction_required"),
        ("invalid_grant", (70043,), None, "interaction_required"),
        ("invalid_grant", (65001,), "consent_required", "consent_required"),
        ("invalid_grant", (50057,), None, "account_disabled"),
        ("invalid_grant", (500341,), None, "account_disabled"),
        ("invalid_grant", (50105,), None, "not_admitted"),
        ("invalid_grant", (50173,), "bad_token", "grant_revoked"),
        ("invalid_grant", (700082,), None, "grant_revoked"),
        ("invalid_grant", (70000,), None, "grant_revoked"),
        ("invalid_grant", (), None, "grant_revoked"),
        ("invalid_grant", (99999999,), None, "grant_revoked"),
        ("invalid_grant", (50196,), None, "temporarily_unavailable"),
        ("temporarily_unavailable", (90033,), None, "temporarily_unavailable"),
        ("invalid_client", (7000222,), None, "provider_misconfigured"),
        ("unauthorized_client", (700016,), None, "provider_misconfigured"),
        ("invalid_scope", (70011,), None, "provider_misconfigured"),
        ("invalid_request", (700022,), None, "provider_misconfigured"),
        ("something_new", (), None, "invalid_response"),
    ],
)
def test_error_of_a_refresh_has_one_reason(
    error: str, numbers: tuple[int, ...], suberror: str | None, reason: str
) -> None:
    assert reason_of(TokenEndpointError(error=error, codes=numbers, suberror=suberror)) == reason


def test_number_is_found_in_the_text_where_there_is_no_list() -> None:
    said = TokenEndpointError(error="invalid_grant", description="AADSTS50057: The account is disabled.")
    assert reason_of(said) == "account_disabled"


def test_what_microsoft_said_is_for_the_log_alone() -> None:
    refused = refusal(TokenEndpointError(error="invalid_grant", description="AADSTS50173: text", codes=(50173,)), "id")
    assert (refused.code, refused.security) == ("grant_revoked", None)
    assert "AADSTS50173: text" in refused.detail


def test_refresh_token_that_was_not_replaced_stays() -> None:
    answer = TokenAnswer(id_token="a.b.c", access_token="new", expires_in=600)
    tokens = kept(answer, now=NOW, before=GRANT)
    assert tokens is not None
    assert (tokens.refresh_token, tokens.scopes, tokens.expires_at) == ("1.old", ("User.Read",), NOW + 600)


@pytest.mark.parametrize(("said", "lifetime"), [(None, DEFAULT_LIFETIME), (10**9, LONGEST_LIFETIME), (0, 0)])
def test_lifetime_that_cannot_be_is_not_believed(said: int | None, lifetime: int) -> None:
    tokens = kept(TokenAnswer(id_token="a.b.c", access_token="new", expires_in=said), now=NOW, before=None)
    assert tokens is not None
    assert tokens.expires_at == NOW + lifetime


def test_neither_token_stands_in_a_repr() -> None:
    answer = TokenAnswer(id_token="a.b.c", access_token="5ecret-a", refresh_token="5ecret-r", expires_in=60)
    told = repr((answer, kept(answer, now=NOW, before=None), GRANT))
    assert "5ecret" not in told
    assert "1.old" not in told
