"""Every kind of token, code, key and id that a broker hands out, each alive: what somebody could bring elsewhere."""

import json
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from broker.signin.start import StartSignIn
from broker.web.page_tickets import Asked, for_page, seal
from tests.brokers import APP, RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import bearer, token_of
from tests.contract.workos.applications import API_KEY, CLIENT_ID, OTHER_API_KEY
from tests.contract.workos.sessions import OF_THE_PAGE, begun, claims_of, code_of, told
from tests.peers.microsoft import SECRET

SSO_TOKEN: Final = "/sso/token"


async def every_kind(broker: RunningBroker) -> dict[str, str]:
    """One of each, by its name."""
    async with broker.browser() as alice, broker.browser() as program:
        found = await _of_the_plain_face(alice, broker)
        found |= await _of_applications(broker)
        found |= await _of_profiles(broker, program)
        found |= await _of_keys(broker, program)
        found |= await _of_microsoft(alice, program)
    return found | _of_signed_values(broker)


async def _of_the_plain_face(alice: Browser, broker: RunningBroker) -> dict[str, str]:
    page = await alice.sign_in("alice")
    session_id = json.loads((await alice.get("/sessions/validate")).body)["claims"]["session_id"]
    async with broker.browser() as other:
        begin = await other.start(login_hint="auto:alice")
        state = dict(parse_qsl(urlsplit(begin.location or "").query))["state"]
        (name,) = [each for each in other.cookie_names() if "hanko" not in each]
        cookie = other.cookie(name)
    assert cookie is not None
    return {
        "one-time code": page.query["hanko_token"],
        "session token": token_of(alice),
        "session's own id": session_id,
        "state": state,
        "sign-in cookie": cookie,
    }


async def _of_applications(broker: RunningBroker) -> dict[str, str]:
    async with broker.browser() as browser, broker.browser() as page, broker.browser() as third:
        by_program = await begun(browser)
        by_page = await begun(page, OF_THE_PAGE)
        return {
            "code of user_management": await code_of(third),
            "code of sso": await code_of(third, "sso"),
            "access token": by_program["access_token"],
            "refresh token": by_program["refresh_token"],
            "refresh token of a page": by_page["refresh_token"],
            "session id": claims_of(by_program)["sid"],
            "user id": by_program["user"]["id"],
            "provider's access token": by_program["oauth_tokens"]["access_token"],
            "provider's refresh token": by_program["oauth_tokens"]["refresh_token"],
        }


async def _of_profiles(broker: RunningBroker, program: Browser) -> dict[str, str]:
    async with broker.browser() as browser:
        given = {"client_id": CLIENT_ID, "client_secret": API_KEY, "grant_type": "authorization_code"}
        page = await program.send("POST", SSO_TOKEN, json={**given, "code": await code_of(browser, "sso")})
    answer: dict[str, Any] = told(page)
    body = {"profile_id": answer["profile"]["id"]}
    leave = told(await program.send("POST", "/sso/logout/authorize", json=body, headers=bearer(API_KEY)))
    return {
        "access token of a profile": answer["access_token"],
        "profile id": answer["profile"]["id"],
        "leave to sign out": leave["logout_token"],
    }


async def _of_microsoft(alice: Browser, program: Browser) -> dict[str, str]:
    """What our own registration gets, who is asked as we ask."""
    asked = urlsplit((await alice.start(login_hint="auto:alice")).location or "")
    parameters = {name: value for name, value in parse_qsl(asked.query) if not name.startswith("code_challenge")}
    authorize = f"{asked.scheme}://{asked.netloc}{asked.path}"
    page = await alice.get(f"{authorize}?{urlencode({**parameters, 'response_mode': 'query'})}")
    grant = {
        "grant_type": "authorization_code",
        "code": page.query["code"],
        "redirect_uri": parameters["redirect_uri"],
        "client_id": parameters["client_id"],
        "client_secret": SECRET,
    }
    answer = await program.send("POST", authorize.replace("/authorize", "/token"), data=grant)
    return {"Microsoft's ID token": told(answer)["id_token"]}


async def _of_keys(broker: RunningBroker, program: Browser) -> dict[str, str]:
    body = {"endpoint_url": "https://hooks.example.com/", "events": ["user.created"]}
    hook = await program.send("POST", "/webhook_endpoints", json=body, headers=bearer(API_KEY))
    assert hook.status == 201, hook.text
    return {
        "API key": API_KEY,
        "another application's API key": OTHER_API_KEY,
        "admin key": (await broker.application.broker.api_keys.create("matrix")).key,
        "client id": CLIENT_ID,
        "webhook secret": json.loads(hook.body)["secret"],
    }


def _of_signed_values(broker: RunningBroker) -> dict[str, str]:
    inside = broker.application.broker
    intent = StartSignIn(surface="plain", provider="microsoft", unverified_redirect_to=APP)
    page = Asked(intent=for_page(intent, screen="sign-in", languages=None))
    way_back = inside.sign_out_states.seal(APP)
    assert way_back is not None
    return {"ticket": inside.tickets.seal(intent), "ticket of a page": seal(page, inside), "way back": way_back}
