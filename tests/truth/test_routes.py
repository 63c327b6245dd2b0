"""The route tables, the README's list of paths and the list of error codes say the same."""

import ast
import re
from pathlib import Path

import pytest

from broker.models.keys import SCOPES
from broker.signin.redirects import OUR_SEGMENTS
from broker.web import access
from broker.web.admin.routes import ADMIN
from broker.web.hanko.admin.routes import ADMIN as HANKO_ADMIN
from broker.web.hanko.routes import FLOWS, REST
from broker.web.hosted.routes import PAGES as SIGN_IN_PAGE
from broker.web.plain.routes import PROGRAMS, SIGN_IN
from broker.web.strings import ERRORS, STATUS
from broker.web.surface import Endpoint
from broker.web.workos.routes import ANYBODY, BROWSER, EXCHANGES, MANAGEMENT
from tests.contract.workos.sdks.matrix import ROWS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SECTION = README.partition("## Every path")[2].partition("\n## ")[0]
PUBLIC = (*SIGN_IN, *SIGN_IN_PAGE, *PROGRAMS)
HANKO = (*FLOWS, *REST)
WORKOS = (*BROWSER, *EXCHANGES, *ANYBODY)
PART_OF_OUR_PAGES = {"GET /broker.css", "GET /login/logo"}

CODES = {
    "access_denied", "account_locked", "already_used", "blocked_by_policy", "consent_required", "email_maxnum",
    "identity_taken", "interaction_required", "invalid_request", "invalid_response", "multiple_accounts",
    "not_assigned", "not_in_organization", "provider_misconfigured", "server_error", "sign_in_expired",
    "signup_disabled", "temporarily_unavailable", "tenant_not_allowed", "unverified_email", "user_conflict",
    "wrong_account_type", "wrong_browser",
}  # fmt: skip
"""What applications may find in `error=`; a code that is taken away breaks them."""
NOT_MET_YET = {"multiple_accounts", "email_maxnum"}
"""Codes of what only a person with an account can do: link a second identity, add an address."""


def requests_in(text: str) -> set[str]:
    """Every `METHOD /path` that a text names."""
    return set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`\s?]*)", text))


def spelled(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def test_readme_names_every_path_that_is_served_and_no_other() -> None:
    table, _, admin = SECTION.partition("On the admin address:")
    assert requests_in(table) == {spelled(one) for one in (*PUBLIC, *HANKO, *WORKOS)} - PART_OF_OUR_PAGES
    assert requests_in(admin) == {spelled(one) for one in ADMIN if "{path:path}" not in one.path}


def test_guide_to_workos_sdks_names_every_path_that_they_can_call() -> None:
    calls = (ROOT / "docs" / "workos.md").read_text("utf-8").partition("## Every call")[2].partition("\n## ")[0]
    assert requests_in(calls) - {"GET /thirdparty/callback"} == {spelled(one) for one in (*WORKOS, *MANAGEMENT)}
    rows = [int(row) for row in re.findall(r"^\| (\d+) \|", calls, re.MULTILINE)]
    assert rows == list(range(1, len(ROWS) + 1))


def test_every_other_place_of_the_readme_names_paths_that_are_served() -> None:
    served = {spelled(one) for one in (*PUBLIC, *HANKO, *ADMIN)} | {"DELETE /sessions/{id}"}
    emulator = README.partition("## The Microsoft emulator, for your own tests")[2].partition("\n## ")[0]
    assert requests_in(README.replace(SECTION, "").replace(emulator, "")) <= served
    addresses = set(re.findall(r"localhost:8000(/[^\s?\"`#&]*)", README)) - {"/"}
    assert addresses <= {one.path for one in PUBLIC}


def test_pages_about_hankos_admin_api_name_every_path_of_it() -> None:
    told = set().union(
        *(requests_in((ROOT / "docs" / page).read_text("utf-8")) for page in ("admin-api.md", "webhooks.md"))
    )
    assert {spelled(one) for one in HANKO_ADMIN} - told == set()


def test_no_request_is_served_twice() -> None:
    for table in ((*PUBLIC, *HANKO), (*ADMIN, *HANKO_ADMIN)):
        assert len({spelled(one) for one in table}) == len(table)


@pytest.mark.parametrize("endpoint", [*PUBLIC, *HANKO, *ADMIN, *HANKO_ADMIN], ids=spelled)
def test_every_route_names_who_may_call_it_by_a_word_of_access(endpoint: Endpoint) -> None:
    word, _, scope = endpoint.access.__name__.partition("(")
    if scope:
        assert word == "admin_scope"
        assert scope.removesuffix(")") in SCOPES
    else:
        assert vars(access)[word] is endpoint.access


def test_who_may_call_is_what_people_are_told() -> None:
    """Read this when a route is added: whoever stands in the wrong column is let in."""
    public = {spelled(one): one.access.__name__ for one in PUBLIC}
    assert {name for name, who in public.items() if who == "session"} == {
        "GET /me",
        "GET /sessions",
        "DELETE /sessions/{session_id}",
    }
    assert {name for name, who in public.items() if who == "navigation"} == {
        spelled(one) for one in (*SIGN_IN, *SIGN_IN_PAGE)
    } - PART_OF_OUR_PAGES
    assert {name for name, who in public.items() if who == "session_of_listed_page"} == {
        "GET /provider-tokens/{provider}"
    }
    assert set(public.values()) == {"public", "session", "session_of_listed_page", "navigation"}
    admin = {spelled(one): one.access.__name__ for one in ADMIN}
    assert {name for name, who in admin.items() if who == "no_page"} == {
        "GET /metrics",
        "GET /health/alive",
        "GET /health/ready",
    }
    assert {name for name, who in admin.items() if who == "admin_key"} == {
        f"{method} /{{path:path}}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    }
    assert admin["GET /users/{user_id}/provider-tokens/{provider}"] == "admin_scope(provider_tokens:read)"


def test_of_hankos_admin_api_whoever_only_reads_changes_nothing() -> None:
    for one in HANKO_ADMIN:
        scope = one.access.__name__.removeprefix("admin_scope(").removesuffix(")")
        noun, _, deed = scope.partition(":")
        assert deed == ("read" if one.method == "GET" else "write"), spelled(one)
        assert noun in {"users", "sessions", "audit", "webhooks"}


def test_no_path_of_ours_can_be_taken_for_that_of_an_application_beside_us() -> None:
    first = {one.path.split("/")[1] for one in (*PUBLIC, *HANKO)} - {""}
    assert {name for name in first if "." not in name} <= OUR_SEGMENTS


def test_what_costs_us_something_is_limited() -> None:
    limited = {one.path for one in PUBLIC if one.bucket is not None}
    below = {"/thirdparty/callback/{provider}", "/thirdparty/logout/{provider}", "/thirdparty/returned"}
    below |= {"/provider-tokens/{provider}", "/login", "/login/start"}
    assert below | {"/thirdparty/auth", "/thirdparty/start", "/thirdparty/callback", "/token"} == limited


def test_every_error_code_has_one_sentence_and_no_sentence_is_left_over() -> None:
    assert set(ERRORS) == CODES
    assert set(re.findall(r"`([a-z_]+)`", SECTION.partition("`error=` is one of")[2])) == CODES
    assert len(set(ERRORS.values())) == len(ERRORS)


@pytest.mark.parametrize("sentence", ERRORS.values(), ids=ERRORS.keys())
def test_sentence_is_one_for_people_and_fits_into_a_redirect(sentence: str) -> None:
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert len(sentence) <= 120
    assert not re.search(r"[<>&\"_]|AADSTS|OAuth|token", sentence)


def strings_of(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_error_code_is_raised_somewhere() -> None:
    aside = {ROOT / "broker" / "web" / "strings.py"}
    inside = [path for path in (ROOT / "broker").rglob("*.py") if path not in aside]
    ours = [path for path in inside if not path.is_relative_to(ROOT / "broker" / "emulator")]
    raised = set().union(*(strings_of(path) for path in ours))
    assert CODES - raised == NOT_MET_YET


def test_every_status_that_we_answer_has_a_text() -> None:
    folder = ROOT / "broker" / "web"
    numbers = {
        node.value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) is int and 400 <= node.value < 600
    }
    assert numbers - set(STATUS) == set()
