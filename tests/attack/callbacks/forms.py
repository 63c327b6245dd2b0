"""Hostile form: what a callback may look like before anything of it is believed.

Repeated parameters, sizes, encodings, methods, content types, fetch metadata, paths. RFC 6749 3.1 refuses a repeated
parameter: two readers of one request must not see two things.
"""

from typing import Any
from urllib.parse import urlencode

from tests.attack.callbacks.attack import Attack
from tests.attack.callbacks.steps import CALLBACK, Act, altered, posted, requested, with_raw_query
from tests.browsers import Page
from tests.stage import Stage, parameters_of

_CUSTOM = "third_party.custom_providers"
_OTHER_PROVIDER = {
    _CUSTOM: {
        "other": {
            "enabled": True,
            "display_name": "Other",
            "client_id": "broker",
            "secret": "a-secret",
            "authorization_endpoint": "http://localhost:1/authorize",
            "token_endpoint": "http://localhost:1/token",
            "userinfo_endpoint": "http://localhost:1/userinfo",
            "scopes": ["openid"],
            "claims_from": "userinfo",
        }
    }
}


def _malformed(name: str, story: str, act: Act, **more: Any) -> Attack:
    return Attack(name=name, story=story, act=act, error="invalid_request", **more)


def _untrusted(name: str, story: str, act: Act, **more: Any) -> Attack:
    """The state is proven and the place is right, but the reply is not one to act on."""
    return Attack(name=name, story=story, act=act, error="invalid_response", **more)


def _answered(name: str, status: int, story: str, act: Act, **more: Any) -> Attack:
    return Attack(name=name, story=story, act=act, status=status, **more)


def _and(**more: str) -> Act:
    """The honest parameters and these behind them."""
    return altered(lambda given: [*given.items(), *more.items()])


def _instead(**changes: str) -> Act:
    """The honest parameters, some of them replaced."""
    return altered(lambda given: list({**given, **changes}.items()))


async def _state_of_the_other_provider(stage: Stage, path: str) -> Page:
    page = await stage.victim.start(provider="custom_other")
    state = page.query["state"]
    return await stage.victim.get(f"{path}?{urlencode({'code': 'x', 'state': state})}")


async def _other_providers_state_on_the_shared_path(stage: Stage) -> Page:
    return await _state_of_the_other_provider(stage, CALLBACK)


async def _other_providers_state_on_microsofts_path(stage: Stage) -> Page:
    return await _state_of_the_other_provider(stage, f"{CALLBACK}/microsoft")


async def _under_a_foreign_host(stage: Stage) -> Page:
    url = await stage.victim.at_callback("alice")
    return await stage.victim.get(url, Host="attacker.example")


async def _cross_site_post_without_cookie(stage: Stage) -> Page:
    given = parameters_of(await stage.attacker.at_callback("mallory"))
    headers = {"Origin": "https://attacker.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    return await stage.victim.send("POST", CALLBACK, headers=headers, data=given)


_REPEATED = [
    _malformed("state_twice", "two states: one for us, one for whoever reads the last", altered(
        lambda given: [*given.items(), ("state", "A" * 43)])),
    _malformed("state_twice_equal", "even the same state twice is no answer of a provider", altered(
        lambda given: [("state", given["state"]), *given.items()])),
    _untrusted("code_twice", "two codes: the attacker's rides along", altered(
        lambda given: [*given.items(), ("code", "stolen")])),
    _untrusted("code_twice_one_empty", "an empty one counts as a repetition too", altered(
        lambda given: [*given.items(), ("code", "")])),
    _untrusted("iss_twice", "two issuers, of which one may be right", altered(
        lambda given: [*given.items(), ("iss", "https://a.example"), ("iss", "https://b.example")])),
    _untrusted("error_twice", "two errors", altered(
        lambda given: [("state", given["state"]), ("error", "a"), ("error", "b")])),
    _untrusted("code_and_error", "a success and a failure at once", _and(error="access_denied")),
]  # fmt: skip

_VALUES = [
    _untrusted("code_missing", "state alone, as an admin consent comes back: it signs nobody in", altered(
        lambda given: [("state", given["state"])])),
    _untrusted("code_empty", "an empty code is none", _instead(code="")),
    _untrusted("code_oversized", "a code beyond 8 KiB", _instead(code="A" * 8193)),
    _untrusted("code_with_line_feed", "a line feed in what goes on to the provider", _instead(code="a\r\nHost: x")),
    _untrusted("code_with_nul", "a NUL, which ends a string for some", _instead(code="a\x00b")),
    _untrusted("code_not_ascii", "letters that no code has (RFC 6749 appendix A)", _instead(code="c\u00f6de")),
    _malformed("state_oversized", "a state of a kilobyte", _instead(state="A" * 1024)),
    _malformed("state_full_width", "letters that fold onto ASCII", _instead(state="\uff21" * 43)),
    _malformed("state_with_nul", "a NUL behind a genuine state", altered(
        lambda given: [("code", given["code"]), ("state", given["state"] + "\x00")])),
    _untrusted("id_token_in_query", "an ID token of the attacker's choice, past the token endpoint", altered(
        lambda given: [("state", given["state"]), ("id_token", "e30.e30.e30")])),
    _untrusted("access_token_in_query", "the implicit flow's answer", altered(
        lambda given: [("state", given["state"]), ("access_token", "x"), ("token_type", "Bearer")])),
    _untrusted("response_in_query", "one signed response (JARM), which we never asked for", altered(
        lambda given: [("state", given["state"]), ("response", "e30.e30.e30")])),
    _untrusted("issuer_foreign", "mix-up: the answer names another issuer (RFC 9207)", _and(
        iss="https://login.attacker.example/v2.0"), said="issuer"),
    _untrusted("issuer_no_tenant", "the template itself is nobody's issuer", _and(
        iss="http://localhost:8400/{tenantid}/v2.0"), said="issuer"),
    _untrusted("issuer_oversized", "an issuer of many kilobytes", _and(iss="https://a.example/" + "a" * 3000)),
]  # fmt: skip

_ENCODINGS = [
    _malformed("query_not_utf8", "bytes that are no UTF-8", with_raw_query(
        lambda given: f"code=%ff%fe&state={given['state']}")),
    _answered("query_not_ascii", 400, "raw bytes beyond ASCII in the request line: no HTTP", with_raw_query(
        lambda given: f"code=\u00e9&state={given['state']}")),
    _malformed("fifty_parameters", "a flood of parameters", with_raw_query(
        lambda given: urlencode([*given.items(), *((f"p{at}", "1") for at in range(60))]))),
    _malformed("semicolons", "the separator of another age must not part parameters", with_raw_query(
        lambda given: f"code={given['code']};state={given['state']}")),
    _malformed("empty_query", "nothing at all", with_raw_query(lambda _given: "")),
    _malformed("names_in_brackets", "arrays, as some frameworks read them", with_raw_query(
        lambda given: f"code[]={given['code']}&state[]={given['state']}")),
]  # fmt: skip

_METHODS = [
    _malformed("posted_form", "the answer by POST, where only the query was asked for",
        posted("application/x-www-form-urlencoded")),
    _malformed("cross_site_post", "another site's form posts the attacker's answer", _cross_site_post_without_cookie),
    _malformed("posted_repeated", "a form that names state twice",
        posted("application/x-www-form-urlencoded", lambda given: f"{urlencode(given)}&state=x".encode())),
    _malformed("posted_garbage", "a form that is none",
        posted("application/x-www-form-urlencoded", lambda _given: b"\xff\xfe%%%")),
    _answered("posted_json", 415, "JSON, which a provider never sends", posted("application/json")),
    _answered("posted_text", 415, "text/plain, which another site can send without asking", posted("text/plain")),
    _answered("posted_multipart", 415, "a multipart form", posted("multipart/form-data; boundary=x")),
    _answered("posted_untyped", 415, "no type at all", posted("")),
    _answered("head", 405, "a link preview asks for the head alone: the code must not be spent", requested("HEAD")),
    _answered("put", 405, "a method that no provider uses", requested("PUT")),
    _answered("delete", 405, "a method that no provider uses", requested("DELETE")),
    _answered("patch", 405, "a method that no provider uses", requested("PATCH")),
    _answered("options", 405, "a question about the method, without an origin", requested("OPTIONS")),
]  # fmt: skip

_NAVIGATION = [
    *(
        _answered(f"fetched_as_{kind}", 400, f"the callback as {kind}: no page load, and nobody would see its end",
            requested(sec_fetch_dest=kind))
        for kind in ("iframe", "frame", "image", "empty", "object", "embed", "script", "style", "worker", "")
    ),
    _answered("prefetched", 204, "a browser loads ahead what nobody clicked", requested(sec_purpose="prefetch")),
    _answered("prerendered", 204, "the same, with the page drawn", requested(sec_purpose="prefetch;prerender")),
    _answered("prefetched_the_old_way", 204, "the header of older browsers", requested(purpose="prefetch")),
]  # fmt: skip

_PLACES = [
    _malformed("other_providers_path", "mix-up: microsoft's answer on another provider's callback",
        requested(path=f"{CALLBACK}/custom_other"), changes=_OTHER_PROVIDER),
    _malformed("unknown_providers_path", "a path for a provider that does not exist",
        requested(path=f"{CALLBACK}/custom_none")),
    _malformed("state_of_another_on_the_shared_path", "a provider with a callback of its own answers there only",
        _other_providers_state_on_the_shared_path, changes=_OTHER_PROVIDER),
    _malformed("state_of_another_on_microsofts_path", "nor on the path of a third",
        _other_providers_state_on_microsofts_path, changes=_OTHER_PROVIDER),
    _answered("path_with_slash", 404, "a path that only looks like ours", requested(path=f"{CALLBACK}/")),
    _answered("path_deeper", 404, "one level too deep", requested(path=f"{CALLBACK}/microsoft/x")),
    _answered("path_letter_case", 404, "paths have a letter case", requested(path="/thirdparty/Callback")),
    _answered("host_foreign", 421, "a stranger's name that points to us (DNS rebinding)",
        _under_a_foreign_host),
]  # fmt: skip

FORMS = [*_REPEATED, *_VALUES, *_ENCODINGS, *_METHODS, *_NAVIGATION, *_PLACES]
