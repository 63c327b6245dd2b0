"""What an operator's program is given for a user, and what it is told when there is nothing to give."""

import pytest

from tests.contract.plain.calls import told
from tests.grants.stage import MICROSOFT, Keeper
from tests.peers.microsoft import FIRST_CLIENT, SECRET, running_microsoft


async def test_token_is_handed_out_as_long_as_it_lasts_and_then_a_fresh_one(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    first = await keeper.read(alice)
    assert (first.status, first.headers["Cache-Control"], first.headers["Pragma"]) == (200, "no-store", "no-cache")
    body = told(first)
    assert set(body) == {"access_token", "token_type", "scopes", "expires_at"}
    assert (body["token_type"], body["expires_at"][-1]) == ("Bearer", "Z")
    assert {"openid", "profile", "email", "User.Read"} <= set(body["scopes"])
    keeper.later(600)
    assert told(await keeper.read(alice)) == body
    assert await keeper.asked() == 1
    keeper.later()
    fresh = told(await keeper.read(alice))
    assert fresh["access_token"] != body["access_token"]
    assert fresh["expires_at"] > body["expires_at"]
    assert (fresh["scopes"], await keeper.asked()) == (body["scopes"], 2)


async def test_refresh_is_proven_and_asks_for_no_more_than_was_granted(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    before = await keeper.tokens(alice)
    keeper.later()
    await keeper.read(alice)
    form = [one for one in await keeper.emulator.requests() if one["path"].endswith("/token")][-1]["form"]
    assert (form["grant_type"], form["client_id"]) == ("refresh_token", FIRST_CLIENT)
    assert set(form["scope"].split()) == {"openid", "profile", "offline_access", "email", "User.Read"}
    after = await keeper.tokens(alice)
    assert after.refresh_token not in (None, before.refresh_token)


@pytest.mark.parametrize(
    ("person", "change", "refusal"),
    [
        ("lena", {}, (409, "interaction_required")),
        ("alice", {"disabled": True}, (409, "account_disabled")),
        ("alice", {"revoke_sessions": True}, (409, "grant_revoked")),
    ],
)
async def test_what_became_of_the_person_is_told_by_its_reason(
    person: str, change: dict[str, object], refusal: tuple[int, str], keeper: Keeper
) -> None:
    user = await keeper.signed_in(person)
    if change:
        await keeper.emulator.people(person, **change)
    keeper.later()
    assert await keeper.refused(user) == refusal
    assert await keeper.refused(user) == refusal
    assert await keeper.asked() == 2, "what was said is remembered for a minute"
    keeper.later(61)
    assert await keeper.refused(user) == refusal
    assert await keeper.asked() == 3


async def test_every_way_to_be_refused_has_its_status_and_a_new_sign_in_mends_it(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    for fault, refusal in (
        ({"aadsts": 65001, "error": "invalid_grant", "suberror": "consent_required"}, (409, "consent_required")),
        ({"aadsts": 50105, "error": "invalid_grant"}, (409, "not_admitted")),
        ({"aadsts": 90033}, (503, "temporarily_unavailable")),
        ({"aadsts": 7000112}, (503, "provider_misconfigured")),
        (
            {"status": 429, "headers": {"Retry-After": "7"}, "body": "Too Many Requests"},
            (503, "temporarily_unavailable"),
        ),
        ({"status": 200, "content_type": "application/json", "body": "{}"}, (503, "invalid_response")),
    ):
        await keeper.signed_in()
        keeper.later()
        await keeper.emulator.fault("token", **fault)
        assert await keeper.refused(alice) == refusal
        keeper.later(1000)  # what holds the provider back is over
    await keeper.signed_in()
    assert (await keeper.read(alice)).status == 200


async def test_answer_that_got_lost_loses_nothing(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    keeper.later()
    await keeper.emulator.fault("token", truncate=100)
    page = await keeper.read(alice)
    assert (page.status, told(page)["error"], page.headers["Retry-After"]) == (503, "temporarily_unavailable", "5")
    keeper.later(6)
    assert (await keeper.read(alice)).status == 200


async def test_outage_takes_no_token_away_that_still_lives(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    token = told(await keeper.read(alice))
    left = (await keeper.grant(alice)).access_expires_at - keeper.clock.now()
    keeper.later(left - 200)
    await keeper.emulator.fault("token", status=503)
    assert told(await keeper.read(alice)) == token
    keeper.later(201)
    assert told(await keeper.read(alice))["access_token"] != token["access_token"]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"sub": "somebody-else"},
        {"oid": "5eed0000-0000-4000-8000-0000000000b0"},
        {"tid": "b12c0000-0000-4000-8000-000000000002"},
        {"aud": "c11e0000-0000-4000-8000-000000000002"},
        {"iss": "https://login.attacker.example/v2.0"},
        {"exp": 1_790_000_000},
    ],
    ids=lambda spoiled: next(iter(spoiled)),
)
async def test_answer_about_somebody_else_is_no_answer(spoiled: dict[str, object], keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    before = await keeper.tokens(alice)
    keeper.later()
    await keeper.emulator.claims(set=spoiled)
    assert await keeper.refused(alice) == (503, "invalid_response")
    assert await keeper.tokens(alice) == before
    keeper.later(301)
    assert (await keeper.read(alice)).status == 200


async def test_whom_the_configuration_no_longer_admits_gets_no_fresh_token(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    await keeper.broker.reload({f"{MICROSOFT}.tenants": {"deny": ["a1de0000-0000-4000-8000-000000000001"]}})
    keeper.later()
    assert await keeper.refused(alice) == (409, "not_admitted")
    await keeper.broker.reload({})
    await keeper.emulator.fault("token", status=503)
    keeper.later(61)
    assert await keeper.refused(alice) == (409, "not_admitted"), "an outage admits nobody again"
    keeper.later(61)
    assert (await keeper.read(alice)).status == 200


async def test_nobody_but_a_program_with_a_key_is_answered(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    url = f"{keeper.broker.admin_url}/users/{alice}/provider-tokens/microsoft"
    assert (await keeper.browser.get(url)).status == 401
    assert (await keeper.browser.get(url, Authorization="Bearer bk_made-up")).status == 401
    with_key = {"Authorization": f"Bearer {keeper.api_key}", "Origin": "http://localhost:8888"}
    assert (await keeper.browser.send("GET", url, headers=with_key)).status == 403


async def test_only_what_is_kept_for_this_user_at_this_provider_is_found(keeper: Keeper) -> None:
    alice, bob = await keeper.signed_in(), await keeper.signed_in("bob")
    hers = (await keeper.grant(alice)).identity_id
    assert (await keeper.read(alice, query=f"?identity_id={hers}")).status == 200
    for user, query in ((bob, f"?identity_id={hers}"), (alice, "?identity_id=x"), ("0" * 8 + hers[8:], "")):
        page = await keeper.read(user, query=query)
        assert (page.status, told(page)["error"]) == (404, "not_kept")
    assert (await keeper.read(alice, query=f"?identity_id={hers}&identity_id={hers}")).status == 400
    other = f"{keeper.broker.admin_url}/users/{alice}/provider-tokens/nobody"
    page = await keeper.browser.get(other, Authorization=f"Bearer {keeper.api_key}")
    assert (page.status, told(page)["error"]) == (404, "not_kept")


async def test_another_registration_has_no_use_for_them_and_sends_them_nowhere(keeper: Keeper) -> None:
    """An emulator's person counts nowhere else, and Microsoft would call another client's token revoked."""
    alice = await keeper.signed_in()
    for client_id in (FIRST_CLIENT, "c11e0000-0000-4000-8000-000000000001"):
        own = {"client_id": client_id, "secret": "emulator-secret", "cloud": "custom"}
        keys = {f"{MICROSOFT}.{key}": value for key, value in {**own, "authority": keeper.emulator.base_url}.items()}
        await keeper.broker.reload({**keys, f"{MICROSOFT}.recheck": "4h"})
        assert await keeper.refused(alice) == (404, "not_kept")
        keeper.later()
        assert await keeper.refused(alice) == (404, "not_kept")
        assert await keeper.broker.application.broker.grants.recheck.round() == 0
    assert await keeper.asked() == 1


async def test_another_cloud_never_sees_them_though_the_client_id_is_the_same(keeper: Keeper) -> None:
    """Whoever answers at another authority would be shown a refresh token that the first one honours."""
    at = {f"{MICROSOFT}.cloud": "custom", f"{MICROSOFT}.client_id": FIRST_CLIENT, f"{MICROSOFT}.secret": SECRET}
    await keeper.broker.reload({**at, f"{MICROSOFT}.authority": keeper.emulator.base_url})
    alice = await keeper.signed_in()
    assert (await keeper.read(alice)).status == 200
    async with running_microsoft() as other:
        authority = other.base_url.replace("localhost", "127.0.0.1")
        await keeper.broker.reload({**at, f"{MICROSOFT}.authority": authority, f"{MICROSOFT}.recheck": "4h"})
        assert await keeper.refused(alice) == (404, "not_kept")
        keeper.later()
        assert await keeper.refused(alice) == (404, "not_kept")
        assert await keeper.broker.application.broker.grants.recheck.round() == 0
        assert (await other.counters()).get("token", 0) == 0


async def test_tokens_of_a_locked_user_stay_where_they_are(keeper: Keeper) -> None:
    alice = await keeper.signed_in()
    await keeper.broker.application.broker.users.lock(alice)
    assert await keeper.refused(alice) == (409, "account_locked")
