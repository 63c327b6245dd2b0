"""One application's code, token or key in the hands of another, or of a program that mixes them up."""

import hashlib
import json
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.attack.applications.kinds import SSO_TOKEN
from tests.attack.applications.victims import B_REDIRECT_URI, A, B
from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import bearer
from tests.contract.workos.applications import (
    API_KEY,
    CLIENT_ID,
    OTHER_API_KEY,
    OTHER_CLIENT_ID,
    REDIRECT_URI,
    authorize_url,
    signed_in,
)
from tests.contract.workos.sessions import (
    OF_THE_PAGE,
    PATH,
    PKCE,
    VERIFIER,
    begun,
    claims_of,
    code_of,
    renewed,
    told,
)
from tests.observed import all_rows, log_lines

WRONG_PROOFS: Final[tuple[dict[str, str], ...]] = (
    {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY},
    {"client_id": OTHER_CLIENT_ID, "client_secret": API_KEY},
    {"client_id": CLIENT_ID, "client_secret": OTHER_API_KEY},
    {"client_id": CLIENT_ID, "client_secret": ""},
    {"client_id": CLIENT_ID, "client_secret": API_KEY + " "},
    {"client_id": CLIENT_ID, "client_secret": API_KEY[:-1]},
    {"client_id": CLIENT_ID, "client_secret": API_KEY.upper()},
    {"client_id": CLIENT_ID},
    {"client_id": CLIENT_ID, "code_verifier": VERIFIER},
    {"client_id": CLIENT_ID.lower(), "client_secret": API_KEY},
    {"client_secret": API_KEY},
)


async def redeemed(program: Browser, code: str, path: str = PATH, **proof: Any) -> Page:
    return await program.send("POST", path, json={"grant_type": "authorization_code", "code": code, **proof})


@pytest.mark.parametrize(("interface", "path"), [("user_management", PATH), ("sso", SSO_TOKEN)])
async def test_code_of_an_application_is_honoured_for_nobody_else_and_left_to_it(
    victim: Browser, program: Browser, interface: str, path: str
) -> None:
    code = await code_of(victim, interface)
    for proof in WRONG_PROOFS:
        page = await redeemed(program, code, path, **proof)
        assert page.status == 400, proof
        assert "access_token" not in page.text

    told(await redeemed(program, code, path, client_id=CLIENT_ID, client_secret=API_KEY))


async def test_code_with_a_challenge_takes_verifier_and_application(victim: Browser, program: Browser) -> None:
    code = await code_of(victim, **PKCE)
    for proof in (
        {"client_id": OTHER_CLIENT_ID, "code_verifier": VERIFIER},
        {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY, "code_verifier": VERIFIER},
        {"client_id": CLIENT_ID, "client_secret": API_KEY},
        {"client_id": CLIENT_ID, "client_secret": API_KEY, "code_verifier": "w" * 43},
        {"client_id": CLIENT_ID, "client_secret": OTHER_API_KEY, "code_verifier": VERIFIER},
    ):
        assert (await redeemed(program, code, **proof)).status == 400

    told(await redeemed(program, code, client_id=CLIENT_ID, code_verifier=VERIFIER))


async def test_code_for_a_session_is_no_word_of_who_is_there(victim: Browser, program: Browser) -> None:
    code = await code_of(victim)
    proof = {"client_id": CLIENT_ID, "client_secret": API_KEY}

    assert (await redeemed(program, code, SSO_TOKEN, **proof)).status == 400

    told(await redeemed(program, code, **proof))


async def test_code_is_for_the_place_that_it_was_sent_to(victim: Browser, program: Browser) -> None:
    code = await code_of(victim)
    proof = {"client_id": CLIENT_ID, "client_secret": API_KEY}
    for place in (B_REDIRECT_URI, "https://a.example.com/callback", f"{REDIRECT_URI}/"):
        assert (await redeemed(program, code, redirect_uri=place, **proof)).status == 400

    told(await redeemed(program, code, redirect_uri=REDIRECT_URI, **proof))


async def test_refresh_token_of_one_application_is_nothing_to_another_and_lives_on(
    victim: Browser, program: Browser
) -> None:
    token = (await begun(victim))["refresh_token"]
    for proof in WRONG_PROOFS:
        page = await program.send("POST", PATH, json={"grant_type": "refresh_token", "refresh_token": token, **proof})
        assert page.status == 400, proof
        assert "access_token" not in page.text

    told(await renewed(program, token))


async def test_token_of_a_page_is_renewed_by_no_other_application(victim: Browser, program: Browser) -> None:
    token = (await begun(victim, OF_THE_PAGE))["refresh_token"]

    for proof in ({"client_id": OTHER_CLIENT_ID}, {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_API_KEY}):
        page = await program.send("POST", PATH, json={"grant_type": "refresh_token", "refresh_token": token, **proof})
        assert page.status == 400

    told(await renewed(victim, token, OF_THE_PAGE))


async def test_body_that_names_two_applications_names_none(victim: Browser, program: Browser) -> None:
    code = await code_of(victim)
    pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", CLIENT_ID),
        ("client_id", OTHER_CLIENT_ID),
        ("client_secret", API_KEY),
    ]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await program.send("POST", PATH, data=urlencode(pairs), headers=form)).status == 400
    text = "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"
    page = await program.send("POST", PATH, data=text, headers={"Content-Type": "application/json"})
    assert page.status == 400

    told(await redeemed(program, code, client_id=CLIENT_ID, client_secret=API_KEY))


async def test_secret_in_a_header_or_in_the_address_proves_nothing(victim: Browser, program: Browser) -> None:
    code = await code_of(victim)
    body = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT_ID}
    assert (await program.send("POST", PATH, json=body, headers=bearer(API_KEY))).status == 400
    assert (await program.send("POST", f"{PATH}?client_secret={API_KEY}", json=body)).status == 400
    for path in (f"/user_management/users?api_key={API_KEY}", f"/user_management/users?access_token={API_KEY}"):
        assert (await program.get(path)).status == 401
    for header in (f"Basic {API_KEY}", API_KEY, f"Bearer{API_KEY}", f"Token {API_KEY}"):
        assert (await program.send("GET", "/user_management/users", headers={"Authorization": header})).status == 401


async def test_callback_of_an_attackers_sign_in_signs_nobody_in_elsewhere(
    broker: RunningBroker, victim: Browser
) -> None:
    async with broker.browser() as attacker:
        page = await attacker.get(authorize_url(login_hint="auto:bob"))
        while page.location is not None and not page.location.startswith(broker.url):
            page = await attacker.get(page.location)
        assert page.location is not None

        planted = await victim.get(page.location)

    assert "code" not in planted.query or planted.location is None
    assert not (planted.location or "").startswith(REDIRECT_URI)


async def test_sign_in_for_an_application_is_none_at_our_own_pages(victim: Browser) -> None:
    await begun(victim)

    assert (await victim.get("/me")).status == 401
    assert victim.cookie("hanko") is None


async def test_parameters_make_no_sign_in_one_of_an_application(victim: Browser) -> None:
    page = await victim.sign_in(
        "alice", client_id=CLIENT_ID, application=CLIENT_ID, interface="sso", redeemer=CLIENT_ID, surface="workos"
    )

    assert page.status == 303
    assert "code" not in page.query


async def test_tokens_say_for_which_application_they_are(victim: Browser) -> None:
    claims = claims_of(await begun(victim))

    assert (claims["aud"], claims["client_id"]) == (CLIENT_ID, CLIENT_ID)
    assert claims["iss"].endswith(f"/user_management/{CLIENT_ID}")


async def test_application_that_is_gone_has_no_code_token_or_key(
    broker: RunningBroker, victim: Browser, program: Browser
) -> None:
    code, token = await code_of(victim), (await begun(victim))["refresh_token"]
    profile = told(
        await redeemed(program, await code_of(victim, "sso"), SSO_TOKEN, client_id=CLIENT_ID, client_secret=API_KEY)
    )
    await broker.reload({"workos.applications": [B]})

    assert (await redeemed(program, code, client_id=CLIENT_ID, client_secret=API_KEY)).status == 400
    assert (await renewed(program, token)).status == 400
    assert (await program.send("GET", "/sso/profile", headers=bearer(profile["access_token"]))).status == 401
    assert (await program.send("GET", "/user_management/users", headers=bearer(API_KEY))).status == 401
    assert (await program.get(f"/sso/jwks/{CLIENT_ID}")).status == 404
    by_another = await redeemed(program, code, client_id=OTHER_CLIENT_ID, client_secret=OTHER_API_KEY)
    assert by_another.status == 400


async def test_key_that_was_exchanged_opens_nothing_from_the_next_request_on(
    broker: RunningBroker, program: Browser
) -> None:
    await broker.reload({"workos.applications": [{**A, "api_keys": ["sk_next_0123456789abcdef0123"]}, B]})

    assert (await program.send("GET", "/user_management/users", headers=bearer(API_KEY))).status == 401
    page = await program.send("GET", "/user_management/users", headers=bearer("sk_next_0123456789abcdef0123"))
    assert page.status == 200


async def test_hash_in_the_configuration_opens_what_the_key_opens_and_nothing_by_itself(
    broker: RunningBroker, victim: Browser, program: Browser
) -> None:
    digest = hashlib.sha256(API_KEY.encode()).hexdigest()
    await broker.reload({"workos.applications": [{**A, "api_keys": [f"sha256:{digest}"]}, B]})

    for unverified in (digest, f"sha256:{digest}", f"sk_{digest}"):
        assert (await program.send("GET", "/user_management/users", headers=bearer(unverified))).status == 401
        code = await code_of(victim)
        assert (await redeemed(program, code, client_id=CLIENT_ID, client_secret=unverified)).status == 400
        told(await redeemed(program, code, client_id=CLIENT_ID, client_secret=API_KEY))
    assert (await program.send("GET", "/user_management/users", headers=bearer(API_KEY))).status == 200


async def test_keys_are_kept_as_hashes_and_shown_nowhere(broker: RunningBroker, victim: Browser) -> None:
    with log_lines() as lines:
        answer = await begun(victim)
        await victim.send("GET", "/user_management/users", headers=bearer(API_KEY))
        await victim.send("GET", "/user_management/users", headers=bearer("sk_wrong_0123456789abcdef"))
    inside = broker.application.broker
    shown = "".join(map(str, (lines, await all_rows(inside.store), inside.applications.all(), broker.config)))

    for secret in (
        API_KEY,
        OTHER_API_KEY,
        "sk_wrong_0123456789abcdef",
        answer["refresh_token"],
        answer["access_token"],
    ):
        assert secret not in shown


async def test_sign_in_of_one_application_cannot_end_at_another(victim: Browser) -> None:
    page = await signed_in(victim, authorize_url(client_id=CLIENT_ID))

    assert (page.location or "").startswith(REDIRECT_URI)
    assert (await victim.get(authorize_url(client_id=OTHER_CLIENT_ID))).status == 400
