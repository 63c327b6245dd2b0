from typing import Any

import pytest

from tests.emulator.client import ALDER, BIRCH, CHALLENGE, Answer, Client
from tests.peers.microsoft import FIRST_CLIENT

DAY = 86_400
ORGANIZATIONS = "c11e0000-0000-4000-8000-000000000002"
PAGE = "http://localhost:3000/signed-in"


def error(answer: Answer) -> tuple[int, str, int, str | None]:
    """Status, `error`, AADSTS number and `suberror`."""
    (number,) = answer.json["error_codes"]
    return answer.status, answer.json["error"], number, answer.json.get("suberror")


async def test_refresh_token_comes_with_offline_access_alone(client: Client) -> None:
    assert "refresh_token" not in (await client.redeem(await client.code())).json
    assert len((await client.tokens())["refresh_token"]) >= 1_000
    assert (await client.tokens("dave"))["refresh_token"].startswith("M.C5")


async def test_refresh_brings_new_tokens_of_the_same_sign_in_and_no_nonce(client: Client) -> None:
    first = await client.tokens()
    before = await client.verify(first["id_token"])
    client.peer.advance(200)
    answer = await client.refresh(first["refresh_token"])
    assert answer.status == 200
    assert answer.json["access_token"] != first["access_token"]
    assert answer.headers["Cache-Control"] == "no-store, no-cache"
    after = await client.verify(answer.json["id_token"])
    assert "nonce" not in after
    assert before["nonce"] == "the-nonce"
    for claim in ("iss", "aud", "sub", "tid", "oid", "sid", "auth_time"):
        assert after[claim] == before[claim], claim
    assert 199 <= after["iat"] - before["iat"] <= 210


async def test_scopes_can_be_fewer_and_a_later_refresh_has_them_all_again(client: Client) -> None:
    token = (await client.tokens(scope="openid profile offline_access User.Read"))["refresh_token"]
    fewer = await client.refresh(token, scope="User.Read")
    assert fewer.json["scope"] == "User.Read"
    assert "id_token" not in fewer.json
    again = await client.refresh(fewer.json["refresh_token"])
    assert again.json["scope"] == "openid profile User.Read"


async def test_more_scopes_need_consent_and_come_once_it_was_given(client: Client) -> None:
    token = (await client.tokens())["refresh_token"]
    asked = "openid Mail.Read"
    assert error(await client.refresh(token, scope=asked)) == (400, "invalid_grant", 65001, "consent_required")
    await client.authorize("alice", scope=asked)
    assert (await client.refresh(token, scope=asked)).json["scope"] == "openid Mail.Read"


@pytest.mark.parametrize(
    ("scope", "number"), [("calendar", 70011), ("Files.Read", 65005), ("https://x.example/a", 500011)]
)
async def test_scopes_that_cannot_be_had_are_refused(client: Client, scope: str, number: int) -> None:
    assert (await client.refresh((await client.tokens())["refresh_token"], scope=scope)).json["error_codes"] == [number]


async def test_unused_token_dies_after_ninety_days_and_each_use_begins_them_anew(client: Client) -> None:
    token = (await client.tokens())["refresh_token"]
    client.peer.advance(89 * DAY)
    following = (await client.refresh(token)).json["refresh_token"]
    client.peer.advance(2 * DAY)
    assert error(await client.refresh(token)) == (400, "invalid_grant", 700082, "token_expired")
    assert (await client.refresh(following)).status == 200


async def test_single_page_application_has_a_day_in_all(client: Client) -> None:
    await client.peer.clock(frozen=True)
    await client.peer.registrations(client_id=FIRST_CLIENT, single_page_redirect_uris=[PAGE])
    scope, origin = "openid offline_access", {"Origin": "http://localhost:3000"}
    code = await client.code(redirect_uri=PAGE, scope=scope)
    secretless: dict[str, Any] = {"client_secret": None, "redirect_uri": PAGE}
    assert (await client.redeem(code, **secretless)).json["error_codes"] == [7000218]
    assert (await client.redeem(code, redirect_uri=PAGE)).json["error_codes"] == [9002327]
    answer = await client.redeem(code, headers=origin, **secretless)
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["refresh_token_expires_in"] == DAY
    client.peer.advance(DAY - 100)
    following = await client.refresh(answer.json["refresh_token"], client_secret=None, headers=origin)
    assert following.json["refresh_token_expires_in"] == 100
    client.peer.advance(101)
    late = await client.refresh(following.json["refresh_token"], client_secret=None, headers=origin)
    assert error(late) == (400, "invalid_grant", 700084, "token_expired")


async def test_page_cannot_redeem_what_was_issued_to_a_server(client: Client) -> None:
    await client.peer.registrations(client_id=FIRST_CLIENT, single_page_redirect_uris=[PAGE])
    headers = {"Origin": "http://localhost:3000"}
    code = await client.code()
    assert (await client.redeem(code, client_secret=None, headers=headers)).json["error_codes"] == [9002326]
    assert (await client.redeem(code)).status == 200


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"revoke_sessions": True}, (400, "invalid_grant", 50173, "bad_token")),
        ({"disabled": True}, (400, "invalid_grant", 50057, None)),
        ({"remove": True}, (400, "invalid_grant", 50034, None)),
        ({"unassign": [FIRST_CLIENT]}, (400, "invalid_grant", 50105, None)),
        ({"withdraw_consent": [FIRST_CLIENT]}, (400, "invalid_grant", 65001, "consent_required")),
    ],
    ids=str,
)
async def test_what_happens_to_a_person_ends_their_refresh_tokens(
    client: Client, change: dict[str, Any], expected: tuple[int, str, int, str | None]
) -> None:
    token = (await client.tokens())["refresh_token"]
    await client.peer.people("alice", **change)
    assert error(await client.refresh(token)) == expected
    await client.peer.reset()


async def test_a_new_sign_in_after_a_revocation_works_even_while_time_stands_still(client: Client) -> None:
    await client.peer.clock(frozen=True)
    before = (await client.tokens())["refresh_token"]
    await client.peer.people("alice", revoke_sessions=True)
    after = (await client.tokens())["refresh_token"]
    assert (await client.refresh(before)).status == 400
    assert (await client.refresh(after)).status == 200


async def test_personal_accounts_have_one_number_for_every_end(client: Client) -> None:
    token = (await client.tokens("dave"))["refresh_token"]
    assert error(await client.refresh("M.C5_made-up")) == (400, "invalid_grant", 70000, None)
    client.peer.advance(91 * DAY)
    assert error(await client.refresh(token)) == (400, "invalid_grant", 70000, None)


async def test_malformed_token_and_another_clients_are_refused(client: Client) -> None:
    assert error(await client.refresh("made-up")) == (400, "invalid_grant", 9002313, None)
    assert (await client.refresh(None)).json["error_codes"] == [900144]
    token = (await client.tokens())["refresh_token"]
    assert error(await client.refresh(token, client_id=ORGANIZATIONS)) == (
        400,
        "invalid_grant",
        70000,
        "client_mismatch",
    )
    assert (await client.refresh(token, client_secret="wrong")).status == 401


async def test_lena_needs_a_second_factor_before_a_refresh(client: Client) -> None:
    refused = await client.refresh((await client.tokens("lena"))["refresh_token"])
    assert error(refused) == (400, "interaction_required", 50076, "basic_action")
    tokens = await client.tokens("lena", claims=refused.json["claims"])
    assert (await client.refresh(tokens["refresh_token"])).status == 200


async def test_token_of_a_person_speaks_for_the_guest_at_another_directorys_endpoint(client: Client) -> None:
    token = (await client.tokens("frank"))["refresh_token"]
    at_home = await client.verify((await client.refresh(token)).json["id_token"])
    # Consent is each directory's own.
    assert (await client.refresh(token, tenant=ALDER)).json["error_codes"] == [65001]
    answer = await client.refresh(token, tenant=ALDER, scope="openid profile email")
    as_guest = await client.verify(answer.json["id_token"], tenant=ALDER)
    assert (at_home["tid"], as_guest["tid"]) == (BIRCH, ALDER)
    await client.peer.people("frank", revoke_sessions=True)
    assert (await client.refresh(token)).json["error_codes"] == [50173]
    # What the home directory revokes does not end what the other directory issued.
    following = answer.json["refresh_token"]
    assert (await client.refresh(following, tenant=ALDER, scope="openid")).status == 200
    alice = (await client.tokens())["refresh_token"]
    assert (await client.refresh(alice, tenant=BIRCH)).json["error_codes"] == [50020]


async def test_refresh_tells_the_claims_of_now(client: Client) -> None:
    token = (await client.tokens())["refresh_token"]
    await client.peer.people("alice", email="alice@new.example", edov=False, roles=["reader"])
    claims = await client.verify((await client.refresh(token)).json["id_token"])
    assert (claims["email"], claims["xms_edov"], claims["roles"]) == ("alice@new.example", False, ["reader"])


async def test_code_of_somebody_who_was_disabled_meanwhile_is_refused(client: Client) -> None:
    code = await client.code()
    await client.peer.people("alice", disabled=True)
    assert error(await client.redeem(code)) == (400, "invalid_grant", 50057, None)
    assert CHALLENGE not in (await client.redeem(code)).text


async def test_reset_forgets_refresh_tokens(client: Client) -> None:
    token = (await client.tokens())["refresh_token"]
    await client.peer.reset()
    assert error(await client.refresh(token))[2] == 9002313
