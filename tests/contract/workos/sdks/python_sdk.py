"""Every row of the table for the published Python SDK: what it sends, and that it reads what comes back.

Run by running.py in an interpreter that has the SDK and what it brings along, and no other package. Rows are numbered
as in docs/workos.md; how a script speaks with the harness is told in python_talk.py.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import workos
from cryptography.fernet import Fernet
from workos.session import Session, seal_session_from_auth_response

from tests.contract.workos.sdks.python_talk import (
    GIVEN,
    asked_at_microsoft,
    equal,
    refused,
    returned,
    row,
    say,
    walk,
    word,
)

URL, CLIENT_ID, API_KEY = GIVEN["url"], GIVEN["client_id"], GIVEN["api_key"]
REDIRECT_URI, SIGN_OUT = GIVEN["redirect_uri"], GIVEN["sign_out"]
PASSWORD = Fernet.generate_key().decode()
ALICE = {"provider": "MicrosoftOAuth", "login_hint": "auto:alice", "redirect_uri": REDIRECT_URI}
FURTHER: dict[str, Any] = {
    "provider_scopes": ["User.Read", "Mail.Read"],
    "provider_query_params": {"prompt": "select_account"},
    "domain_hint": "consumers",
}

with_key = workos.WorkOSClient(api_key=API_KEY, client_id=CLIENT_ID, base_url=URL, jwt_issuer=GIVEN["issuer"])
public = workos.create_public_client(client_id=CLIENT_ID, base_url=URL)
returning = workos.WorkOSClient(**GIVEN["returning"], base_url=URL)
stranger = workos.WorkOSClient(api_key="sk_nobody_0123456789abcdef0123", client_id=CLIENT_ID, base_url=URL)


def sso() -> None:
    """Rows 1 to 4 and 16: the standalone API, which keeps no session."""
    with row(1, "sso.get_authorization_url"), row(2, "sso"):
        back = walk(with_key.sso.get_authorization_url(**ALICE, state='{"a": "b c"}', domain_hint="consumers"))
        equal(back["state"], '{"a": "b c"}')
    with row(1, "sso.get_authorization_url (scopes, parameters)"):
        asked_at_microsoft(with_key.sso.get_authorization_url(**ALICE, **FURTHER))
    with row(1, "sso.get_authorization_url_with_pkce (scopes, parameters)"):
        asked_at_microsoft(with_key.sso.get_authorization_url_with_pkce(**ALICE, **FURTHER)["url"])
    with row(3, "sso.get_profile_and_token"):
        told = with_key.sso.get_profile_and_token(code=back["code"])
        equal((told.token_type, told.expires_in, told.oauth_tokens), ("Bearer", 600, None))
        equal((told.profile.email, word(told.profile.connection_type)), ("alice@alder.example", "MicrosoftOAuth"))
        refused(
            lambda: with_key.sso.get_profile_and_token(code=back["code"]),
            workos.BadRequestError,
            error="invalid_grant",
            status_code=400,
        )
    with row(4, "sso.get_profile"):
        equal(with_key.sso.get_profile(access_token=told.access_token), told.profile)
        refused(
            lambda: with_key.sso.get_profile(access_token=API_KEY), workos.AuthenticationError, error="Unauthorized"
        )
    with row(1, "sso.get_authorization_url_with_pkce"):
        asked = with_key.sso.get_authorization_url_with_pkce(**ALICE)
        back = walk(asked["url"])
        equal(back["state"], asked["state"])
    with row(3, "sso.get_profile_and_token_pkce"):
        told = public.sso.get_profile_and_token_pkce(code=back["code"], code_verifier=asked["code_verifier"])
        equal(told.profile.first_name, "Alice")
        again = walk((asked := with_key.sso.get_authorization_url_with_pkce(**ALICE))["url"])
        refused(
            lambda: public.sso.get_profile_and_token_pkce(code=again["code"], code_verifier="x" * 43),
            workos.BadRequestError,
            error="invalid_grant",
        )
    with row(3, "sso.get_profile_and_token (returned tokens)"):
        back = walk(returning.sso.get_authorization_url(**ALICE, provider_scopes=["User.Read"]))
        returned(returning.sso.get_profile_and_token(code=back["code"]).oauth_tokens)
    with row(16, "sso.authorize_logout"):
        going = with_key.sso.authorize_logout(profile_id=told.profile.id)
        equal(going.logout_url, with_key.sso.get_logout_url(token=going.logout_token))
        refused(lambda: with_key.sso.authorize_logout(profile_id="prof_nobody"), workos.NotFoundError)
    with row(16, "sso.get_logout_url"):
        left = walk(with_key.sso.get_logout_url(token=going.logout_token))["at"]
        equal(left.startswith((SIGN_OUT, GIVEN["microsoft"])), True)


def codes() -> Any:
    """Rows 6 and 7: sign-ins that end with a session; the last one's answer comes back."""
    told: Any = None
    manage = with_key.user_management
    with row(6, "user_management.get_authorization_url"), row(2, "user_management"):
        back = walk(manage.get_authorization_url(**ALICE, state="its own state", prompt="login"))
        equal(back["state"], "its own state")
    with row(6, "user_management.get_authorization_url (scopes, parameters)"):
        asked_at_microsoft(manage.get_authorization_url(**ALICE, **FURTHER))
    with row(6, "user_management.get_authorization_url_with_pkce (scopes, parameters)"):
        asked_at_microsoft(manage.get_authorization_url_with_pkce(**ALICE, **FURTHER)["url"])
    with row(7, "user_management.authenticate_with_code"):
        told = manage.authenticate_with_code(code=back["code"], ip_address="192.0.2.7", user_agent="A browser")
        equal((told.user.email, told.user.email_verified), ("alice@alder.example", GIVEN["verified"]))
        equal((word(told.authentication_method), told.oauth_tokens), ("MicrosoftOAuth", None))
        refused(
            lambda: manage.authenticate_with_code(code=back["code"]),
            workos.BadRequestError,
            error="invalid_grant",
            status_code=400,
        )
        refused(
            lambda: stranger.user_management.authenticate_with_code(code=back["code"]),
            workos.BadRequestError,
            error="invalid_client",
        )
    with row(7, "user_management.create_authenticate"):
        code = walk(manage.get_authorization_url(**ALICE))["code"]
        body = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": API_KEY, "code": code}
        equal(manage.create_authenticate(body=body).user.id, told.user.id)
        refused(
            lambda: manage.create_authenticate(body={**body, "grant_type": "password"}),
            workos.BadRequestError,
            error="unsupported_grant_type",
        )
    with row(6, "user_management.get_authorization_url_with_pkce"):
        asked = public.user_management.get_authorization_url_with_pkce(
            provider="authkit", login_hint="auto:alice", redirect_uri=REDIRECT_URI
        )
        back = walk(asked["url"])
        equal(back["state"], asked["state"])
    with row(7, "user_management.authenticate_with_code_pkce"):
        proof = {"code": back["code"], "code_verifier": asked["code_verifier"]}
        equal(public.user_management.authenticate_with_code_pkce(**proof).user.id, told.user.id)
    with row(7, "user_management.authenticate_with_code (returned tokens)"):
        manage = returning.user_management
        back = walk(manage.get_authorization_url(**ALICE, provider_scopes=["User.Read"]))
        returned(manage.authenticate_with_code(code=back["code"]).oauth_tokens)
    return told


def others() -> list[str]:
    """Tokens that the same keys signed, and that are no session of this application."""
    code = walk(with_key.sso.get_authorization_url(**ALICE))["code"]
    sso_token = with_key.sso.get_profile_and_token(code=code).access_token
    code = walk(returning.user_management.get_authorization_url(**ALICE))["code"]
    return [sso_token, returning.user_management.authenticate_with_code(code=code).access_token]


def sessions(told: Any) -> None:
    """Rows 5, 8, 13 and 15: what becomes of a session, the SDK's own sealed cookie included."""
    manage = with_key.user_management
    with row(8, "user_management.authenticate_with_refresh_token"):
        renewed = manage.authenticate_with_refresh_token(refresh_token=told.refresh_token)
        equal((renewed.user.id, renewed.refresh_token == told.refresh_token), (told.user.id, False))
        refused(
            lambda: manage.authenticate_with_refresh_token(refresh_token="nobody"),
            workos.BadRequestError,
            error="invalid_grant",
        )
    with row(5, "user_management.get_jwks", "user_management.get_jwks_url"):
        equal([key.alg for key in manage.get_jwks(CLIENT_ID).keys][:1], ["RS256"])
        equal(manage.get_jwks_url(), f"{URL}/sso/jwks/{CLIENT_ID}")
        refused(lambda: manage.get_jwks("client_01NOBODY"), workos.NotFoundError)
    sealed: str = seal_session_from_auth_response(
        access_token=renewed.access_token,
        refresh_token=renewed.refresh_token,
        user=renewed.user.to_dict(),
        cookie_password=PASSWORD,
    )
    session: Session = manage.load_sealed_session(session_data=sealed, cookie_password=PASSWORD)
    with row(5, "Session.authenticate"):
        found = session.authenticate()
        equal((found.authenticated, getattr(found, "reason", None)), (True, None))
    with row(5, "user_management.authenticate_with_session_cookie"):
        for token, counts in ((renewed.access_token, True), *((other, False) for other in others())):
            sealed = seal_session_from_auth_response(
                access_token=token, refresh_token="any", user={}, cookie_password=PASSWORD
            )
            judged = manage.authenticate_with_session_cookie(session_data=sealed, cookie_password=PASSWORD)
            equal(judged.authenticated, counts)
    with row(8, "Session.refresh"):
        fresh = session.refresh()
        equal((fresh.authenticated, getattr(fresh, "reason", None)), (True, None))
        equal(fresh.session_id, found.session_id)
    with row(13, "user_management.list_sessions"):
        listed = {one.id: one for one in manage.list_sessions(told.user.id).auto_paging_iter()}[found.session_id]
        equal((listed.ip_address, listed.user_agent, word(listed.status)), ("192.0.2.7", "A browser", "active"))
        refused(lambda: manage.list_sessions("user_nobody"), workos.NotFoundError)
    with row(15, "user_management.get_logout_url", "Session.get_logout_url"):
        url = session.get_logout_url(return_to=SIGN_OUT)
        equal(url, manage.get_logout_url(session_id=found.session_id, return_to=SIGN_OUT))
        equal(walk(url)["at"], SIGN_OUT)
        equal(session.refresh().authenticated, False)


def revoked(told: Any) -> None:
    """Row 14."""
    manage = with_key.user_management
    with row(14, "user_management.revoke_session"):
        code = walk(manage.get_authorization_url(**ALICE))["code"]
        other = manage.authenticate_with_code(code=code)
        known = [one.id for one in manage.list_sessions(told.user.id, limit=1).data]
        manage.revoke_session(session_id=known[0])
        refused(
            lambda: manage.authenticate_with_refresh_token(refresh_token=other.refresh_token),
            workos.BadRequestError,
            error="invalid_grant",
        )
        refused(lambda: manage.revoke_session(session_id="session_nobody"), workos.BadRequestError, status_code=400)


def wrong_too_often() -> None:
    """From one address, which the broker believes its proxy."""
    hasty = workos.WorkOSClient(
        api_key="sk_wrong_0123456789abcdef0123", client_id=CLIENT_ID, base_url=URL, max_retries=0
    )
    for _ in range(40):
        try:
            hasty.user_management.get_user(
                "user_1", request_options={"extra_headers": {"X-Forwarded-For": "192.0.2.9"}}
            )
        except workos.AuthenticationError:
            continue


def retry_after(call: Callable[[], object]) -> float | None:
    """How many seconds the SDK was told to wait."""
    try:
        call()
    except workos.RateLimitExceededError as error:
        return float(error.retry_after)
    return None


def users(told: Any) -> None:
    """Rows 10 to 12."""
    manage = with_key.user_management
    with row(10, "user_management.get_user"):
        equal(manage.get_user(told.user.id).id, told.user.id)
        refused(lambda: manage.get_user("user_nobody"), workos.NotFoundError, code="entity_not_found")
        refused(lambda: stranger.user_management.get_user(told.user.id), workos.AuthenticationError, status_code=401)
    with row(10, "user_management.get_user (too many wrong keys)"):
        refused(wrong_too_often, workos.RateLimitExceededError, status_code=429)
        equal(0 < (retry_after(wrong_too_often) or 0) <= 60, True)
    with row(11, "user_management.list_users"):
        made = manage.create_user(email=f"one.more@{GIVEN['domain']}", external_id=GIVEN["domain"])
        equal({one.id for one in manage.list_users(limit=1).auto_paging_iter()} >= {made.id, told.user.id}, True)
        equal([one.id for one in manage.list_users(email=told.user.email.upper()).data], [told.user.id])
        refused(lambda: manage.list_users(limit=0), workos.UnprocessableEntityError, status_code=422)
    with row(12, "user_management.get_user_identities"):
        equal([word(one.provider) for one in manage.get_user_identities(told.user.id)], ["MicrosoftOAuth"])
    with row(17, "user_management.get_user_by_external_id"):
        equal(manage.get_user_by_external_id(GIVEN["domain"]).id, made.id)
        manage.delete_user(made.id)
        refused(lambda: manage.get_user(made.id), workos.NotFoundError, code="entity_not_found")


def registered() -> None:
    """Row 17: connections, redirect URIs and origins."""
    manage = with_key.user_management
    with row(17, "sso.list_connections", "sso.get_connection"):
        listed = with_key.sso.list_connections(connection_type="MicrosoftOAuth").data
        equal([(word(one.connection_type), word(one.state)) for one in listed][:1], [("MicrosoftOAuth", "active")])
        equal(with_key.sso.get_connection(listed[0].id), listed[0])
    with row(17, *(f"user_management.{name}_redirect_uri{s}" for name, s in (("list", "s"), ("create", "")))):
        made = manage.create_redirect_uri(uri=f"http://localhost:8888/{GIVEN['domain']}")
        equal(made.id in {one.id for one in manage.list_redirect_uris().auto_paging_iter()}, True)
        refused(lambda: manage.create_redirect_uri(uri=made.uri), workos.UnprocessableEntityError)
    with row(17, "user_management.delete_redirect_uris"):
        manage.delete_redirect_uris(made.id)
        refused(lambda: manage.delete_redirect_uris(made.id), workos.NotFoundError)
        default = next(one for one in manage.list_redirect_uris().auto_paging_iter() if one.default)
        refused(lambda: manage.delete_redirect_uris(default.id), workos.ConflictError)
    with row(17, "user_management.list_cors_origins", "user_management.create_cors_origin"):
        origin = manage.create_cors_origin(origin=f"https://{GIVEN['domain']}")
        equal(origin.id in {one.id for one in manage.list_cors_origins().auto_paging_iter()}, True)
        refused(lambda: manage.create_cors_origin(origin=origin.origin), workos.ConflictError)


async def together() -> None:
    """The asynchronous client, the same way once."""
    async with workos.AsyncWorkOSClient(api_key=API_KEY, client_id=CLIENT_ID, base_url=URL) as client:
        with row(7, "AsyncWorkOSClient authenticate_with_code"):
            code = walk(client.user_management.get_authorization_url(**ALICE))["code"]
            told = await client.user_management.authenticate_with_code(code=code)
            equal((await client.user_management.get_user(told.user.id)).id, told.user.id)


sso()
signed_in = codes()
sessions(signed_in)
revoked(signed_in)
users(signed_in)
registered()
asyncio.run(together())
say(row=9, call=None, problem=None)
