"""Where a failed sign-in ends, and what is told there: one code, one sentence, one reference that the log knows too."""

import asyncio
import json
from pathlib import Path

import pytest

from broker.web.strings import ERRORS, REASONS
from tests.attack.callbacks.steps import APP_URL
from tests.brokers import running_broker
from tests.browsers import Page
from tests.observed import log_lines
from tests.peers.microsoft import MicrosoftPeer
from tests.postgres_server import PostgresServer
from tests.stage import Stage, cookie_name, staged

_ERROR_URL = "http://localhost:8888/error"
_OWN_ERRORS = f"{APP_URL}own-errors"
_BACK = {"third_party.errors_to": "redirect_to"}


def place(page: Page) -> str:
    """Where the browser is sent, without what is told there."""
    return (page.location or "").partition("?")[0]


async def test_error_url_is_told_code_sentence_and_reference(stage: Stage) -> None:
    page = await stage.victim.sign_in("alice:cancel")
    assert (page.status, place(page)) == (303, _ERROR_URL)
    assert page.query.keys() == {"error", "error_description", "error_reference"}
    assert (page.query["error"], page.query["error_description"]) == ("access_denied", ERRORS["access_denied"])


async def test_reference_in_the_redirect_is_the_one_in_the_log(stage: Stage) -> None:
    with log_lines() as lines:
        first = (await stage.victim.sign_in("alice:cancel")).query["error_reference"]
        second = (await stage.victim.start(prompt="bogus")).query["error_reference"]
    told = [line["reference"] for line in lines if "reference" in line]
    assert told == [first, second]
    assert first != second


async def test_error_url_that_has_a_query_and_a_fragment_keeps_them(tmp_path: Path) -> None:
    changes = {"third_party.error_redirect_url": "http://localhost:8888/error?from=broker&q=a%20b#top"}
    async with staged(tmp_path, changes) as stage:
        page = await stage.victim.sign_in("alice:cancel")
    before, _, fragment = (page.location or "").partition("#")
    assert before.startswith("http://localhost:8888/error?from=broker&q=a%20b&error=access_denied&")
    assert before.count("?") == 1
    assert fragment == "top"


async def test_error_target_of_the_request_overrides_the_configured_one(stage: Stage) -> None:
    page = await stage.victim.sign_in("alice:cancel", error_redirect_to=f"{_OWN_ERRORS}?x=1#end")
    assert (page.location or "").startswith(f"{_OWN_ERRORS}?x=1&error=access_denied&")
    assert (page.location or "").endswith("#end")


async def test_error_target_of_the_request_is_told_of_a_refused_target_too(stage: Stage) -> None:
    page = await stage.victim.start(redirect_to="https://attacker.example/", error_redirect_to=_OWN_ERRORS)
    assert (place(page), page.query["error"]) == (_OWN_ERRORS, "invalid_request")


async def test_error_target_of_the_request_is_not_used_before_the_state_is_proven(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice", error_redirect_to=_OWN_ERRORS)
    assert place(await stage.attacker.get(url)) == _ERROR_URL


async def test_errors_go_back_to_the_page_that_began_where_the_operator_says_so(tmp_path: Path) -> None:
    async with staged(tmp_path, _BACK) as stage:
        page = await stage.victim.sign_in("alice:cancel", redirect_to=f"{APP_URL}page?x=1#part")
        assert (page.location or "").startswith(f"{APP_URL}page?x=1&error=access_denied&")
        assert (page.location or "").endswith("#part")
        overridden = await stage.victim.sign_in("alice:cancel", error_redirect_to=_OWN_ERRORS)
        assert place(overridden) == _OWN_ERRORS


async def test_errors_do_not_go_back_before_the_state_is_proven(tmp_path: Path) -> None:
    async with staged(tmp_path, _BACK) as stage:
        url = await stage.victim.at_callback("alice", redirect_to=f"{APP_URL}page")
        assert place(await stage.attacker.get(url)) == _ERROR_URL
        assert place(await stage.victim.start(prompt="bogus")) == _ERROR_URL


async def test_errors_do_not_go_back_to_a_target_that_was_withdrawn(tmp_path: Path) -> None:
    async with staged(tmp_path, _BACK) as stage:
        url = await stage.victim.at_callback("alice", redirect_to=f"{APP_URL}page")
        await stage.broker.reload(_BACK | {"third_party.allowed_redirect_urls": ["http://localhost:9999/**"]})
        page = await stage.victim.get(url)
        assert (place(page), page.query["error"]) == (_ERROR_URL, "invalid_request")


async def test_only_a_request_that_is_no_page_load_gets_json(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice")
    page = await stage.victim.get(url, Sec_Fetch_Dest="empty")
    assert (page.status, page.location) == (400, None)
    assert json.loads(page.body)["code"] == 400
    assert (await stage.victim.get("/thirdparty/callback", Sec_Fetch_Dest="document")).status == 303
    assert (await stage.victim.get("/thirdparty/callback")).status == 303


async def test_error_of_the_provider_names_nobody_to_anybody(stage: Stage) -> None:
    """Microsoft's text is in the log alone, cut, with the account's name struck out."""
    await stage.emulator.fault(
        "token", error="invalid_grant", error_description="<b>alice@alder.example</b> " + "x" * 5000
    )
    with log_lines() as lines:
        page = await stage.victim.sign_in("alice")
    assert "alder" not in (page.location or "")
    [line] = [line for line in lines if line.get("reference") == page.query["error_reference"]]
    assert "alice@" not in str(lines)
    assert "***" in line["detail"]
    assert len(line["detail"]) < 1500


@pytest.mark.parametrize(
    ("aadsts", "code"),
    [
        (50058, "interaction_required"),
        (50105, "not_assigned"),
        (53003, "blocked_by_policy"),
        (50020, "wrong_account_type"),
        (65001, "consent_required"),
        (65004, "access_denied"),
        (700016, "provider_misconfigured"),
        (90033, "temporarily_unavailable"),
    ],
)
async def test_provider_that_refuses_at_its_own_page_is_told_by_our_code(stage: Stage, aadsts: int, code: str) -> None:
    await stage.emulator.fault("authorize", aadsts=aadsts)
    page = await stage.victim.sign_in("alice")
    assert (place(page), page.query["error"]) == (_ERROR_URL, code)
    finer = {50058: "sign_in_again", 65004: "consent_declined"}.get(aadsts)
    assert page.query["error_description"] == (ERRORS[code] if finer is None else REASONS[finer])
    assert await stage.written() == {}


async def test_database_that_is_gone_is_told_at_the_error_url_and_no_code_is_spent(stage: Stage) -> None:
    url = await stage.victim.at_callback("alice", error_redirect_to=_OWN_ERRORS)
    await stage.broker.application.broker.store.close()
    page = await stage.victim.get(url)
    assert (place(page), page.query["error"]) == (_OWN_ERRORS, "temporarily_unavailable")
    assert stage.victim.cookie(cookie_name(url)) is None
    assert (await stage.emulator.counters()).get("token", 0) == 0


@pytest.mark.postgres
async def test_database_that_was_killed_on_the_way_fails_this_sign_in_and_not_the_next(
    own_postgres: PostgresServer, tmp_path: Path, emulator: MicrosoftPeer
) -> None:
    url = own_postgres.url()
    async with (
        running_broker(base_dir=tmp_path, emulator=emulator, database=url) as broker,
        broker.browser() as browser,
    ):
        at_callback = await browser.at_callback("alice")
        own_postgres.kill()
        page = await browser.get(at_callback)
        assert (place(page), page.query["error"]) == (_ERROR_URL, "temporarily_unavailable")
        assert (await emulator.counters()).get("token", 0) == 0
        own_postgres.start()
        assert (await browser.sign_in("alice")).location == APP_URL


@pytest.mark.postgres
async def test_database_that_was_killed_while_the_provider_answers_signs_nobody_in(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    async with staged(tmp_path, database=own_postgres.url()) as stage:
        url = await stage.victim.at_callback("alice")
        await stage.emulator.fault("token", delay=0.3)
        task = asyncio.create_task(stage.victim.get(url))
        await stage.until_codes_were_sent()
        own_postgres.kill()
        page = await task
        assert (place(page), page.query["error"]) == (_ERROR_URL, "temporarily_unavailable")
        assert page.set_cookies == (f"{cookie_name(url)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",)
        own_postgres.start()
        assert await stage.written() == {"consumed_states": 1}
