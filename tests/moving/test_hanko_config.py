"""A Hanko configuration becomes ours: what comes of it loads, and no key of it is dropped in silence."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from broker.config.load import load
from broker.foundation import PARTS
from broker.moving.go_duration import seconds_of
from broker.moving.hanko_config import as_yaml, imported
from broker.moving.hanko_taking import Translation

WHOLE = """
service: {name: Shop}
server:
  public:
    address: ":8000"
    cors:
      allow_origins: ["https://app.example.com", "https://*.preview.example.com"]
      unsafe_wildcard_origin_allowed: false
  admin: {address: ":8001"}
secrets:
  keys: [a-secret-that-must-not-be-repeated]
  key_management: {type: local}
database: {user: hanko, password: another-secret, host: db, port: 5432, dialect: postgres, database: hanko}
debug: false
webauthn: {relying_party: {id: example.com, origins: ["https://app.example.com"]}}
password: {enabled: false}
passkey: {enabled: false}
mfa: {enabled: false}
username: {enabled: false}
smtp: {host: mail.example.com}
privacy: {show_account_existence_hints: false}
flow_locker: {enabled: true}
convert_legacy_config: false
log: {log_health_and_metrics: true}
account: {allow_signup: true, allow_deletion: true}
email: {require_verification: false, limit: 5, enabled: true, optional: true, acquire_on_login: false}
session:
  lifespan: 1h30m
  idle_timeout: 30m
  enable_auth_token_header: true
  limit: 3
  acquire_ip_address: true
  acquire_user_agent: true
  allow_revocation: true
  show_on_profile: true
  server_side: {enabled: true}
  cookie: {name: sid, domain: .example.com, http_only: true, secure: true, retention: persistent}
  jwt_template:
    claims: {role: '{{.User.Metadata.Public "role"}}', broken: "{{.User.", sub: mine, n: 5}
third_party:
  redirect_url: https://auth.example.com/thirdparty/callback
  error_redirect_url: https://app.example.com/error
  default_redirect_url: https://app.example.com/home
  allowed_redirect_urls:
    - https://app.example.com/home
    - https://app.example.com**
    - https://*.preview.example.com/**
    - "https://{a,b}.example.com"
  providers:
    microsoft:
      enabled: true
      client_id: 11111111-2222-4333-8444-555555555555
      secret: ms-secret-not-repeated
      allow_linking: true
      prompt: select_account
    google: {enabled: true, client_id: g-client, secret: g-secret-not-repeated}
    github: {enabled: true, client_id: gh, secret: gh-secret-not-repeated}
    apple: {enabled: false}
  custom_providers:
    Entra:
      enabled: true
      display_name: Entra
      client_id: e-client
      secret: e-secret-not-repeated
      issuer: https://issuer.example.com
      use_discovery: true
      scopes: [openid, email, profile]
      allow_linking: true
audit_log: {mask: false, retention: 720h, storage: {enabled: true}, console_output: {enabled: true, output: stdout}}
webhooks:
  enabled: true
  allow_time_expiration: false
  hooks: [{callback: "https://app.example.com/hook", events: [user]}]
rate_limiter:
  enabled: true
  store: in_memory
  token_limits: {tokens: 3, interval: 1m}
  passcode_limits: {tokens: 3, interval: 1m}
  redis_config: {address: "redis:6379"}
something_new: 5
"""
MINIMAL = """
third_party:
  redirect_url: http://localhost:8000/thirdparty/callback
  error_redirect_url: http://localhost:8888/error
  allowed_redirect_urls: ["http://localhost:8888**"]
  providers: {microsoft: {enabled: true, client_id: 11111111-2222-4333-8444-555555555555, secret: x}}
"""
ENVIRONMENT = {
    "BROKER_SECRET": "a-fresh-secret-of-ours-that-is-long-enough",
    "BROKER_DATABASE_URL": "sqlite:///broker.db",
    "MICROSOFT_SECRET": "a-secret",
    "GOOGLE_SECRET": "a-secret",
    "CUSTOM_ENTRA_SECRET": "a-secret",
}


def translated(text: str) -> Translation:
    return imported(text.encode(), file="hanko.yaml")


@pytest.mark.parametrize("text", [WHOLE, MINIMAL], ids=["whole", "minimal"])
def test_what_comes_of_it_loads(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(as_yaml(translated(text)))
    load(path, ENVIRONMENT, parts=PARTS)


def test_what_hanko_was_told_is_what_we_do(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(as_yaml(translated(WHOLE)))
    config = load(path, ENVIRONMENT, parts=PARTS).config
    assert config.service.public_url == "https://auth.example.com"
    assert (config.session.lifespan, config.session.idle_timeout, config.session.limit) == (5400, 1800, 3)
    assert (config.session.cookie.name, config.session.cookie.domain) == ("sid", "example.com")
    assert (config.session.cookie.same_site, config.session.audience) == ("strict", ("example.com",))
    assert (config.session.delivery, config.session.enable_auth_token_header) == ("token", True)
    assert set(config.session.jwt_template.claims) == {"role", "n"}
    assert config.account.allow_deletion
    assert config.audit_log.retention == 30 * 86400
    assert not config.audit_log.mask
    assert config.third_party.providers.microsoft.linking == "never"
    assert config.third_party.providers.microsoft.prompt == "select_account"
    assert set(config.third_party.custom_providers) == {"google", "entra"}
    assert config.third_party.allowed_redirect_urls == (
        "https://app.example.com/home",
        "https://app.example.com/**",
        "https://*.preview.example.com/**",
    )
    assert len(config.webhooks.hooks) == 1


@pytest.mark.parametrize(("enabled", "limits"), [("true", {"limit": 9}), ("false", {})])
def test_limit_of_older_files_is_taken_where_hanko_takes_it(enabled: str, limits: dict[str, int]) -> None:
    found = translated(MINIMAL + f"session: {{server_side: {{enabled: {enabled}, limit: 9}}}}\n")
    assert {name: value for name, value in found.settings["session"].items() if name == "limit"} == limits


def keys_of(content: Any, path: str = "") -> list[str]:
    """Every leaf; lists, maps of our own making and templates are one."""
    if not isinstance(content, dict) or path.endswith((".claims", "relying_party")):
        return [path]
    return [key for name, each in content.items() for key in keys_of(each, f"{path}.{name}".lstrip("."))]


def test_no_key_is_dropped_in_silence() -> None:
    """Changed, each key changes what comes of it, or was named."""
    tree = YAML(typ="safe").load(WHOLE)
    found = translated(WHOLE)
    named = [note.partition(": ")[0] for note in found.notes]
    for key in keys_of(tree):
        parts = key.split(".")
        is_named = any(key == name or key.startswith(name + ".") or name.startswith(key + ".") for name in named)
        is_taken = parts[-1] in as_yaml(found) or parts[0] == "webauthn"
        aliased = {"unsafe_wildcard_origin_allowed", "enabled"} & set(parts[-1:]) and parts[0] in ("server", "webhooks")
        assert is_named or is_taken or aliased, key


def test_secrets_are_not_repeated() -> None:
    found = translated(WHOLE)
    everything = as_yaml(found) + "\n".join(found.notes)
    assert "not-repeated" not in everything
    assert "must-not-be-repeated" not in everything
    assert "another-secret" not in everything
    assert set(found.variables) == set(ENVIRONMENT)


@pytest.mark.parametrize(
    "words",
    [
        "something_new: is no key",
        "third_party.providers.github: is not taken over",
        "third_party.providers.google: became the custom provider google",
        "third_party.providers.microsoft.allow_linking: accounts are never joined by an address alone",
        "third_party.allowed_redirect_urls: https://{a,b}.example.com: is left out",
        "session.cookie.same_site: Hanko's default strict",
        "session.jwt_template.claims.broken",
        "server.admin.address: listens on loopback only",
        "cors.allow_origins: * stands within one label",
    ],
)
def test_what_differs_is_said(words: str) -> None:
    assert any(note.startswith(words) for note in translated(WHOLE).notes), translated(WHOLE).notes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12h", 43200),
        ("1h30m", 5400),
        ("720h0m0s", 2592000),
        ("1.5h", 5400),
        ("500ms", 1),
        ("x", None),
        ("", None),
        (5, None),
    ],
)
def test_durations_of_go_are_understood(text: object, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


def test_command_writes_the_file_and_tells_the_rest(tmp_path: Path) -> None:
    (tmp_path / "hanko.yaml").write_text(MINIMAL)
    command = [sys.executable, "-m", "broker", "config", "import", "hanko", "hanko.yaml", "--out", "config.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    assert "to be set: BROKER_SECRET" in done.stderr or "BROKER_SECRET" in done.stderr
    assert (tmp_path / "config.yaml").read_text().startswith("# Made from a Hanko configuration")
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
