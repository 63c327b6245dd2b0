"""What of the keys about Microsoft's own tokens cannot be meant."""

from typing import Any

import pytest

from broker.config.sections.scopes import resources_of
from tests.unit.config.files import loaded, microsoft, refused

MICROSOFT = "third_party.providers.microsoft"


def said(**keys: Any) -> dict[str, str]:
    return {key.removeprefix(f"{MICROSOFT}."): message for key, message in refused(microsoft(**keys)).items()}


def test_tokens_by_session_need_tokens() -> None:
    (message,) = said(provider_tokens={"by_session": True}).values()
    assert "return_provider_tokens is false" in message
    assert said(return_provider_tokens=True, provider_tokens={"by_session": True}) == {}


def test_origins_need_sessions_that_may_read() -> None:
    tokens = {"origins": ["https://app.example.com"]}
    assert list(said(return_provider_tokens=True, provider_tokens=tokens)) == ["provider_tokens.origins"]
    assert said(return_provider_tokens=True, provider_tokens={**tokens, "by_session": True}) == {}


@pytest.mark.parametrize("origin", ["*", "https://**", "null", "https://*.vercel.app"])
def test_tokens_are_for_pages_of_the_operators_own(origin: str) -> None:
    found = said(return_provider_tokens=True, provider_tokens={"by_session": True, "origins": [origin]})
    assert [key.partition("[")[0] for key in found] == ["provider_tokens.origins"]


@pytest.mark.parametrize(("recheck", "keys"), [("30s", ["recheck"]), ("4m", ["recheck"]), ("5m", []), ("4h", [])])
def test_recheck_is_not_so_often_that_microsoft_takes_it_for_a_loop(recheck: str, keys: list[str]) -> None:
    assert list(said(recheck=recheck)) == keys


def test_scopes_of_several_apis_are_noticed_where_the_token_is_kept() -> None:
    scopes = ["openid", "profile", "User.Read", "https://graph.microsoft.com/Mail.Read", "api://things/read"]
    notices = loaded(microsoft(scopes=scopes, return_provider_tokens=True)).notices
    assert [notice for notice in notices if "several APIs" in notice and f"{MICROSOFT}.scopes" in notice]
    assert resources_of(tuple(scopes)) == ("", "api://things")
    assert resources_of(("openid", "profile", "email", "offline_access")) == ()
