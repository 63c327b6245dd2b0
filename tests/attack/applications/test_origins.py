"""Scripts of pages that no application registered: none reads an answer, and none has anything done."""

import json

from broker.web.origins import OF_APPLICATIONS
from broker.web.surface import Endpoint
from broker.web.workos.routes import EXCHANGES, MANAGEMENT
from tests.attack.applications.victims import B_ORIGIN
from tests.brokers import RunningBroker
from tests.browsers import Browser, Page
from tests.contract.plain.calls import bearer
from tests.contract.workos.applications import API_KEY, CLIENT_ID, ORIGIN, OTHER_CLIENT_ID
from tests.contract.workos.sessions import PATH, PKCE, VERIFIER, asked, begun, code_of, told

HOSTILE = (
    "https://evil.example",
    "https://listed.example",
    "null",
    "",
    "*",
    f"{ORIGIN}/",
    f"{ORIGIN}.evil.example",
    f"{ORIGIN}@evil.example",
    "http://LOCALHOST:8888",
    "https://localhost:8888",
    "http://localhost",
    "http://localhost:88880",
    "http://127.0.0.1:8888",
    "http://localhost.:8888",
    f"{ORIGIN} https://evil.example",
    f"https://evil.example {ORIGIN}",
    f"{ORIGIN},https://evil.example",
    "file://",
    "chrome-extension://abcdefghijklmnop",
    "http://localhost:8888\u00a0",
)
PUBLIC = frozenset({"/sso/jwks/{client_id}"})
"""Keys that everybody may read; without credentials."""


def path_of(endpoint: Endpoint) -> str:
    return "/".join("x" if part.startswith("{") else part for part in endpoint.path.split("/"))


def is_marked(page: Page) -> bool:
    return any(name.lower().startswith("access-control-allow") for name in page.headers)


async def test_no_endpoint_marks_an_answer_for_an_origin_that_is_not_registered(program: Browser) -> None:
    marked = []
    for endpoint in (*EXCHANGES, *MANAGEMENT):
        if endpoint.path in PUBLIC:
            continue
        listed_elsewhere = endpoint.path not in OF_APPLICATIONS  # the operator's list, which opens no endpoint here
        for origin in HOSTILE:
            if listed_elsewhere and origin == "https://listed.example":
                continue
            headers = {"Origin": origin, "Access-Control-Request-Method": endpoint.method}
            if is_marked(await program.send("OPTIONS", path_of(endpoint), headers=headers)):
                marked.append((endpoint.path, origin))
        page = await program.send(endpoint.method, path_of(endpoint), headers={"Origin": HOSTILE[0]}, json={})
        assert not is_marked(page), endpoint.path
    assert marked == []


async def test_keys_are_public_and_ask_for_no_credentials(program: Browser) -> None:
    page = await program.send("GET", f"/sso/jwks/{CLIENT_ID}", headers={"Origin": HOSTILE[0]})

    assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in page.headers


async def test_no_page_uses_an_api_key_not_even_a_registered_one(program: Browser) -> None:
    for endpoint in MANAGEMENT:
        if endpoint.access.__name__ != "application_key":
            continue
        for origin in (ORIGIN, HOSTILE[0], "null"):
            headers = {"Origin": origin, **bearer(API_KEY)}
            page = await program.send(endpoint.method, path_of(endpoint), headers=headers, json={})
            assert page.status == 403, (endpoint.path, origin)
            assert not is_marked(page)


async def test_page_of_nobody_gets_nothing_for_a_stolen_code_and_does_not_use_it_up(
    victim: Browser, program: Browser
) -> None:
    code = await code_of(victim, **PKCE)
    grant = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    for origin in (*HOSTILE, B_ORIGIN):
        if origin == "":
            continue  # as good as no header: a program
        page = await asked(program, {"Origin": origin}, **grant)
        assert page.status == 403, origin
        assert (origin == B_ORIGIN) or not is_marked(page)
        assert page.set_cookies == ()

    told(await asked(program, {"Origin": ORIGIN}, **grant))


async def test_two_origins_are_none(victim: Browser) -> None:
    await begun(victim, {"Origin": ORIGIN})
    both = [("Origin", ORIGIN), ("Origin", HOSTILE[0])]
    for headers in (both, both[::-1]):
        body = {"client_id": CLIENT_ID, "grant_type": "refresh_token"}
        async with victim._http.post(victim.url + PATH, json=body, headers=headers) as answer:
            assert answer.status in (400, 403)
            assert "Set-Cookie" not in answer.headers


async def test_cookie_renews_nothing_for_a_page_that_is_not_registered(victim: Browser) -> None:
    await begun(victim, {"Origin": ORIGIN})
    for origin in (*HOSTILE, B_ORIGIN, None):
        page = await asked(victim, None if origin is None else {"Origin": origin}, grant_type="refresh_token")
        assert page.status in (400, 403), origin
        assert page.set_cookies == ()
        assert "access_token" not in page.text

    told(await asked(victim, {"Origin": ORIGIN}, grant_type="refresh_token"))


async def test_page_of_one_application_renews_nothing_of_another(victim: Browser) -> None:
    await begun(victim, {"Origin": ORIGIN})
    for client_id, origin in ((OTHER_CLIENT_ID, B_ORIGIN), (CLIENT_ID, B_ORIGIN), (OTHER_CLIENT_ID, ORIGIN)):
        page = await asked(victim, {"Origin": origin}, grant_type="refresh_token", client_id=client_id)
        assert page.status in (400, 403)
        assert "access_token" not in page.text


async def test_form_of_a_stranger_has_nothing_done(broker: RunningBroker, victim: Browser) -> None:
    await begun(victim, {"Origin": ORIGIN})
    stranger = {"Origin": HOSTILE[0], "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    form = {"client_id": CLIENT_ID, "grant_type": "refresh_token"}
    for headers in (stranger, {**stranger, "Origin": "null"}):
        page = await victim.send("POST", PATH, data=form, headers=headers)
        assert page.status == 403
        assert page.set_cookies == ()
    text = json.dumps(form)
    page = await victim.send("POST", PATH, data=text, headers={**stranger, "Content-Type": "text/plain"})
    assert page.status == 403
