"""What the loader says of the URLs that applications register, each named by its key and line."""

from pathlib import Path
from typing import Any

import pytest

from broker.app import Application
from broker.config.load import load, load_mapping
from broker.errors import ConfigError
from broker.foundation import PARTS
from tests.unit.config.files import BASE, PRODUCTION, SECRET, tree

APPLICATION: dict[str, Any] = {
    "name": "A",
    "client_id": "client_01A",
    "redirect_uris": ["https://app.example.com/callback", "https://*.example.com/callback"],
    "default_redirect_uri": "https://app.example.com/callback",
    "sign_out_redirects": ["https://app.example.com/?state=out"],
    "allowed_origins": ["https://app.example.com"],
    "cookie_domain": "example.com",
}
FILE = """\
service:
  environment: staging
third_party:
  error_redirect_url: http://localhost:8888/
workos:
  enabled: true
  applications:
    - name: A
      client_id: client_01A
      redirect_uris:
        - https://app.example.com/callback
        - https://*.github.io/callback
"""


def mistakes(*, production: bool = True, **changes: Any) -> dict[str, str]:
    keys = {**(PRODUCTION if production else BASE), "workos.enabled": True}
    keys["workos.applications"] = [{**APPLICATION, **changes}]
    try:
        load_mapping(tree(keys), {}, name="test", parts=PARTS)
    except ConfigError as error:
        prefix = "workos.applications[0]."
        return {mistake.key.removeprefix(prefix): mistake.message for mistake in error.mistakes}
    return {}


def test_application_as_it_should_be_is_accepted() -> None:
    assert mistakes() == {}


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"redirect_uris": ["https://app.example.com/**"]}, "redirect_uris[0]", "path and query are compared whole"),
        ({"redirect_uris": ["http://app.example.com/cb"]}, "redirect_uris[0]", "in production only https"),
        ({"redirect_uris": ["https://*.vercel.app/cb"]}, "redirect_uris[0]", "anybody can register"),
        ({"redirect_uris": ["https://login.example.com/sso/token"]}, "redirect_uris[0]", "leads to the broker itself"),
        ({"redirect_uris": ["https://app.example.com/cb?code=1"]}, "redirect_uris[0]", "the parameter code"),
        ({"sign_out_redirects": ["http://localhost:3000/"]}, "sign_out_redirects[0]", "has an https address"),
        ({"sign_out_redirects": ["javascript:alert(1)"]}, "sign_out_redirects[0]", "never sent"),
        ({"allowed_origins": ["http://app.example.com"]}, "allowed_origins[0]", "in production"),
        ({"cookie_domain": "example.org"}, "cookie_domain", "does not cover"),
        ({"cookie_domain": "ogin.example.com"}, "cookie_domain", "does not cover"),
    ],
)
def test_mistake_is_named_by_its_key(changes: dict[str, Any], key: str, said: str) -> None:
    found = mistakes(default_redirect_uri=None, **{"cookie_domain": None, **changes})

    assert list(found) == [key]
    assert said in found[key]


def test_wildcard_as_default_is_said_of_the_default() -> None:
    found = mistakes(default_redirect_uri="https://*.example.com/callback")

    assert list(found) == ["default_redirect_uri"]
    assert "cannot be the default" in found["default_redirect_uri"]


def test_development_may_register_what_production_may_not() -> None:
    changes: dict[str, Any] = {
        "redirect_uris": ["http://localhost:3000/cb", "http://localhost:*/cb", "myapp://callback"],
        "default_redirect_uri": "http://localhost:3000/cb",
        "allowed_origins": ["http://localhost:3000"],
        "cookie_domain": None,
    }

    assert mistakes(production=False, **changes) == {}


def test_mistake_in_a_file_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(FILE)

    with pytest.raises(ConfigError) as refused:
        load(path, {}, parts=PARTS)

    (mistake,) = refused.value.mistakes
    assert (mistake.key, mistake.line) == ("workos.applications[0].redirect_uris[1]", 12)
    assert "anybody can register" in mistake.message


async def test_configuration_made_in_code_is_refused_like_a_file(tmp_path: Path) -> None:
    keys = {**BASE, "workos.enabled": True, "session.jwt.algorithm": "RS256", "secrets.keys": [SECRET]}
    keys["workos.applications"] = [{**APPLICATION, "redirect_uris": ["https://*.github.io/cb"]}]
    keys["workos.applications"][0] |= {"default_redirect_uri": None, "cookie_domain": None}
    config = load_mapping(tree(keys), {}, name="test", base_dir=tmp_path).config

    with pytest.raises(ConfigError) as refused:
        await Application.open(config, base_dir=tmp_path)

    assert [mistake.key for mistake in refused.value.mistakes] == ["workos.applications[0].redirect_uris[0]"]
