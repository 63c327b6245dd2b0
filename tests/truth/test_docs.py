"""The operator's guide speaks of what there is: each key, command, code, path and number in it is the program's own."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from broker.config.load import load_mapping
from broker.config.schema import json_schema
from broker.config.sections.config import Config
from broker.config.sections.credentials import CredentialSection
from broker.config.sections.workos import ApplicationSection
from broker.config.shape import settings
from broker.config.tree import dotted
from broker.doctor.checks import CHECKS
from broker.errors import ConfigError
from broker.events.catalogue import Event
from broker.foundation import PARTS
from broker.models.keys import SCOPES
from broker.models.provider_tokens import Reason
from broker.providers.microsoft.clouds import CLOUDS
from broker.providers.microsoft.errors import BY_NUMBER
from broker.telemetry.metrics import Metrics
from broker.web.admin.routes import ADMIN
from broker.web.cookies import LastProviderCookie
from broker.web.hanko.admin.routes import ADMIN as HANKO_ADMIN
from broker.web.hanko.routes import FLOWS, REST
from broker.web.hosted.routes import PAGES as SIGN_IN_PAGE
from broker.web.plain.routes import PROGRAMS, SIGN_IN
from broker.web.strings import ERRORS
from broker.web.workos.cookies import HINT
from broker.web.workos.routes import BROWSER, EXCHANGES, MANAGEMENT
from broker.web.workos.webhook_names import NAMES as WORKOS_EVENTS
from tests.brokers import settings as broker_settings
from tests.client_certificates import a_key, certificate_for, written_pem
from tests.truth.test_readme import command_of

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
MICROSOFT = "third_party.providers.microsoft"
CREDENTIALS = [{"kind": "secret", "value": "a~secret"}]
OF_MICROSOFT = {
    "AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount",
    "signInAudience", "acct", "email", "upn", "xms_edov", "login_hint", "openid", "profile", "offline_access",
    ".default", "https://login.microsoftonline.com/<directory's GUID>/v2.0",
}  # fmt: skip
OF_TOKENS = {
    "hanko", "Authorization: Bearer", "session_id", "iat", "iss", "aud", "amr", '["ext:microsoft"]', "address",
    "is_primary", "is_verified", "provider", "kid", '{"session_token": "…"}', '{"is_valid": false}',
}  # fmt: skip
OF_LISTS = {
    "page",
    "per_page",
    "sort_direction",
    "user_id",
    "type",
    "username",
    "null",
    "Link",
    "X-Total-Count",
    "Origin",
}
OF_HANKO = {*OF_TOKENS, *OF_LISTS, "jti", "sub", "data", "event", "token", "hanko webhooks", "X-Webhook-Id", *SCOPES}
OF_ORGANIZATIONS = {
    "organization_id", "tenant", "client_id", "client_secret", "cloud", "domains", "name", "state", "verified",
    "member", "domain_hint", "provider=authkit", "org_id", "role", "roles", "permissions",
    "allow_profiles_outside_organization", "profile_not_allowed_outside_organization",
}  # fmt: skip
OF_WORKOS = {
    *OF_ORGANIZATIONS,
    "WorkOS-Signature", "webhooks.verify_event", "webhooks.constructEvent", "after", "oauth_tokens", "email_verified",
    "connection_invalid", "invalid_grant", HINT, "Idempotency-Key", "refresh_reuse", *WORKOS_EVENTS,
    *(field.name for field in fields(ApplicationSection)), "MicrosoftOAuth", "authkit", "client_", "sk_",
    "raw_attributes", "unsupported_grant_type", "oauth_failed", "max_age", "create_connection", "invalid_client", "sid",
    "auth_time", "req_",
}  # fmt: skip
SCRIPTS = ("sdks/python_sdk.py", "sdks/node_sdk.mjs", "browser/test_authkit_js.py")
CALLED = {
    word
    for script in SCRIPTS
    for call in re.findall(r"\w+(?:\.\w+)*", (ROOT / "tests" / "contract" / "workos" / script).read_text("utf-8"))
    for word in (call, call.rpartition(".")[2])
}
"""What tests call of WorkOS' SDKs: the page that lists their calls may name no other."""
OF_OTHERS = {
    "BROKER_SECRET", "--no-keys", "--dry-run", "--map google=custom_google", "--verified-addresses-are-proof",
    "SIGHUP", "Retry-After", "exp", "***", "system:serviceaccount:<namespace>:<name>", "config.yaml", "broker.crt",
}  # fmt: skip


def text_of(page: Path) -> str:
    """The page without what is set in blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def spans() -> Iterator[tuple[str, str]]:
    """Everything that any page sets as code, and commands that stand in lines of their own."""
    for page in PAGES:
        for span in re.findall(r"`([^`]+)`", text_of(page)):
            yield page.name, " ".join(span.split())
        for line in re.findall(r"^    (broker .+)$", text_of(page), re.MULTILINE):
            yield page.name, line


def known_keys() -> set[str]:
    every = {dotted(setting.path) for setting in settings(Config())}
    sections = {key.rpartition(".")[0] for key in every} | {key.rpartition(".")[0].rpartition(".")[0] for key in every}
    return every | sections | {f"credentials.{field.name}" for field in fields(CredentialSection)}


def words_of_values(schema: Any) -> Iterator[str]:
    """What a key may say, where it may say only certain words."""
    if isinstance(schema, dict):
        yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
        for inner in schema.values():
            yield from words_of_values(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from words_of_values(inner)


def is_key(text: str) -> bool:
    return any(key == text or key.endswith(f".{text}") for key in known_keys())


def is_command(text: str) -> bool:
    command, arguments = command_of(shlex.split(text.removeprefix("broker ")))
    command.make_context(command.name, arguments)
    return bool(command.name != "broker")


def served() -> set[str]:
    endpoints = (
        *SIGN_IN,
        *SIGN_IN_PAGE,
        *PROGRAMS,
        *ADMIN,
        *HANKO_ADMIN,
        *FLOWS,
        *REST,
        *BROWSER,
        *EXCHANGES,
        *MANAGEMENT,
    )
    return {f"{one.method} {one.path}" for one in endpoints} | {one.path for one in endpoints}


def is_ours(span: str) -> bool:
    """Whether the program knows this word."""
    if span.startswith("broker "):
        return is_command(span)
    if re.fullmatch(r"(?:[A-Z]+ )?/\S*", span):
        return span in served()
    key, colon, value = span.partition(": ")
    if colon:
        return is_key(key) and not complaint_about(key, value)
    metrics = {family.name for family in Metrics().registry.collect()}
    audiences = {cloud.exchange_audience for cloud in CLOUDS.values()}
    words = {"common", "organizations", "consumers", "AZURE_FEDERATED_TOKEN_FILE", "groups_overage", "roles_overage"}
    parameters = {"provider_scopes", "prompt=consent", "prompt=none", "return_to", "error", "error_redirect_to"}
    parameters |= {"error_description", "error_reference", "ui_locales", "screen_hint=sign-up"}
    cookies = {LastProviderCookie(secure=False).name}
    codes = {*ERRORS, *get_args(Reason), *Event}
    return is_key(span) or span in {
        *codes, *words_of_values(json_schema()), *metrics, *audiences, *words, *parameters, *cookies
    }  # fmt: skip


def complaint_about(key: str, value: str) -> list[str]:
    """What the loader has against a value that a page recommends."""
    whole = key if key.partition(".")[0] in {field.name for field in fields(Config)} else f"{MICROSOFT}.{key}"
    meant = {
        f"{MICROSOFT}.{name}": given for name, given in {"client_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}.items()
    }
    changes = {**meant, f"{MICROSOFT}.credentials": CREDENTIALS, whole: YAML(typ="safe").load(value)}
    if value == "custom":
        changes[f"{MICROSOFT}.authority"] = "https://login.example"
    tree = broker_settings(
        public_url="http://localhost:8000", emulator=None, database="sqlite:///b.db", changes=changes
    )
    try:
        load_mapping(tree, {}, name="docs", parts=PARTS)
    except ConfigError as error:
        return [str(mistake) for mistake in error.mistakes if mistake.key.startswith(whole)]
    return []


@pytest.mark.parametrize(("page", "span"), sorted(set(spans()) - {("", "")}))
def test_word_of_the_guide_is_one_of_the_program(page: str, span: str) -> None:
    others = OF_MICROSOFT | OF_HANKO | OF_WORKOS | OF_OTHERS | (CALLED if page == "workos.md" else set())
    assert span in others or is_ours(span), f"{page}: `{span}`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_number_of_an_error_is_one_that_we_have_an_answer_to(page: Path) -> None:
    numbers = {int(number) for number in re.findall(r"AADSTS(\d+)", page.read_text("utf-8"))}
    assert numbers <= set(BY_NUMBER)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith("http"):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE) if heading else []
        assert not heading or heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


def test_index_lists_every_page_and_the_readme_leads_to_it() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert {page.name for page in PAGES if page.name != "README.md"} == set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert "](docs/README.md)" in (ROOT / "README.md").read_text("utf-8")


def test_doctors_page_speaks_of_every_check() -> None:
    table = (ROOT / "docs" / "doctor.md").read_text("utf-8").partition("|---|---|\n")[2]
    listed = [name for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for name in row.split(", ")]
    assert sorted(listed) == sorted(check.name for check in CHECKS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_configuration_on_a_page_can_be_loaded(page: Path, tmp_path: Path) -> None:
    (tmp_path / "microsoft").write_text("a~secret")
    (tmp_path / "microsoft_spring").write_text("a~secret")
    (tmp_path / "token").write_text("a.b.c")
    (tmp_path / "shop_webhooks").write_text("a~secret~of~webhooks")
    (tmp_path / "shop_key").write_text("sk_" + "a" * 48)
    written_pem(tmp_path / "broker.pem", a_key(), certificate_for(a_key()))
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for block in blocks:
        shown = YAML(typ="safe").load(block.replace("/run/secrets/", f"{tmp_path}/"))
        microsoft = shown.pop("third_party", {}).get("providers", {}).get("microsoft", {})
        microsoft = {"client_id": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "credentials": CREDENTIALS} | microsoft
        changes = {MICROSOFT: microsoft, **shown}
        tree = broker_settings(
            public_url="http://localhost:8000", emulator=None, database="sqlite:///b.db", changes=changes
        )
        load_mapping(tree, {}, name="docs", base_dir=tmp_path, parts=PARTS)
