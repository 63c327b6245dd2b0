"""What is thrown at the targets: documents that are nearly right, which get further than noise."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.attack.tokens.forge import key_set, rsa_jwk
from tests.attack.tokens.microsoft import ALDER, BASE, honest, signed

_ENDPOINT = f"{BASE}/common/oauth2/v2.0/"
_GROUP = "6100e000-0000-4000-8000-0000000000a1"
HONEST: dict[str, dict[str, Any]] = {
    "claims": honest(),
    "payload": honest(),
    "header": {"alg": "RS256", "typ": "JWT", "kid": "work"},
    "discovery": {
        "issuer": f"{BASE}/{{tenantid}}/v2.0",
        "authorization_endpoint": f"{_ENDPOINT}authorize",
        "token_endpoint": f"{_ENDPOINT}token",
        "jwks_uri": f"{BASE}/common/discovery/v2.0/keys",
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "cloud_instance_name": "microsoftonline.com",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    },
    "keys": json.loads(key_set(rsa_jwk(kid="work", issuer=f"{BASE}/{ALDER}/v2.0"))),
    "token_answer": {"id_token": signed(honest()), "access_token": "opaque", "expires_in": 3599, "error": "",
        "scope": "openid", "error_codes": [54005], "error_description": "AADSTS54005: used"},
    "userinfo": {"sub": "alice", "name": "Alice", "mail": "alice@alder.example", "email_verified": True},
    "person": {"email": "alice@alder.example", "email_verified": True, "picture": "https://a.example/", "name": "A"},
    "token_groups": {"groups": [_GROUP, _GROUP], "hasgroups": False, "_claim_names": {}},
    "graph_groups": {"value": [{"@odata.type": "#microsoft.graph.group", "id": _GROUP}, {"id": _GROUP.upper()}]},
    "session_claims": honest() | {
        "groups": [_GROUP], "roles": ["admin", "reader"], "amr": ["pwd", "mfa"], "acrs": ["c1"], "acct": 0,
        "auth_time": 1_790_000_000, "sid": _GROUP, "email": "alice@alder.example", "xms_edov": "1",
    },
    "organization_body": {
        "name": "Alder", "domains": ["alder.example"], "domain_data": [{"domain": "alder.test", "state": "verified"}],
        "metadata": {"plan": "gold", "seats": None}, "external_id": "a/1", "allow_profiles_outside_organization": True,
        "organization_id": "org_01K6G00000E008000000000000", "user_id": "user_01K6G00000E008000000000000",
        "tenant": "alder.example", "client_id": "0b1e0000-0000-4000-8000-000000000001", "client_secret": "s",
        "cloud": "usgov", "state": "inactive", "role_slug": None, "role_slugs": ["admin", "member"],
    },
    "user_body": {
        "email": "alice@alder.example", "email_verified": True, "first_name": "Alice", "last_name": None, "name": "A",
        "external_id": "a/1", "locale": "en-GB", "metadata": {"plan": "gold", "seats": None}, "password": None,
    },
}  # fmt: skip
HONEST["tenant_document"] = HONEST["discovery"]

_TEXT = st.text(max_size=12) | st.sampled_from(
    ["", "\0", "\r\nx: y", "\u202e", "\ud800", "{tenantid}", "common", "1", "true", "NaN", "//", "http://",
     "alice@[::1]", "https://a.example:99999/", "https://[::1", "xn--", "a@xn--a", "\u212a@\u0130.example", "#EXT#",
     "9" * 400]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_SCOPES = (
    b"provider_scopes=User.Read%2CMail.Read&provider_scopes=a",
    b"provider_scopes=%5B%27User.Read%27%2C+%27Mail.Read%27%5D&provider_query_params%5Bprompt%5D=login",
    b"['User.Read', 'Mail.Read']",
    b'{"prompt": "login", \'ui_locales\': 1}',
    b"{'prompt': 'select_account'}",
    b"[[[{(-1+2j)}]]]",
)


@st.composite
def documents(draw: st.DrawFn, name: str) -> bytes:
    """An honest document with some members replaced, taken out or added, spelled as JSON; now and then bent further."""
    document = dict(HONEST[name])
    for member in draw(st.lists(st.sampled_from(sorted(document)), max_size=3)):
        if draw(st.booleans()):
            document.pop(member, None)
        else:
            document[member] = draw(JSON)
    document |= draw(st.dictionaries(_TEXT, JSON, max_size=2))
    text = json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return text if draw(st.integers(0, 3)) else draw(bent(text))


@st.composite
def bent(draw: st.DrawFn, text: bytes) -> bytes:
    """Cut, doubled, or with some bytes exchanged."""
    at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 8))
    return text[:at] + draw(st.binary(max_size=6) | st.just(text[at : at + 40] * 2)) + text[at + length :]


_EVENTS = (
    b"events=user.created,session.created&range_start=2026-01-01T00:00:00.000Z",
    b"events%5B%5D=user.created&events=user.deleted&organization_id=org_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    b"events=user.created&range_start=2026-01-01T00%3A00%3A00%2B05%3A30&range_end=9999-12-31",
)


_REGISTERED = (
    b"https://app.example.com/cb", b"https://pr-*.example.com:8443/cb?a=%41", b"http://[::1]:*/cb", b"app.x:/cb?a=1",
    b"https://app.example.com:8443/", b"http://[::1]:3000",
)  # fmt: skip


_PICTURES = (
    b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -- b --><!DOCTYPE svg PUBLIC "a" "b">\n<svg viewBox="0 0 1 1"/>',
    b"\x89PNG\r\n\x1a\n\0\0\0", b"RIFF\0\0\0\0WEBPVP8 ", b"\xff\xd8\xff\xe0", b"GIF89a",
)  # fmt: skip


def thrown_at(target: str) -> st.SearchStrategy[bytes]:
    """Material for a target by name: nearly right where there is a document, and noise in any case."""
    noise = st.binary(max_size=200)
    match target:
        case "id_token":
            return noise | bent(signed(honest()).encode())
        case "template":
            return noise | bent(b'{{if eq (.User.Metadata.Public "a.b") "x"}}y{{else}}{{.User.Name}}{{end}}')
        case "path":
            return noise | bent(b"a.b.#.c")
        case "callback":
            return noise | bent(b"code=abc&state=" + b"s" * 43 + b"&session_state=x&iss=https%3A%2F%2Fa.example")
        case "address":
            return noise | bent(b"alice.b+c@xn--mller-kva.example") | _TEXT.map(_encoded)
        case "error_text":
            return noise | bent(b"AADSTS54005: used AADSTS9002313")
        case "events_query":
            return noise | st.one_of([bent(each) for each in _EVENTS])
        case "registered_entry" | "registered_target":
            return noise | st.one_of([bent(each) for each in _REGISTERED])
        case "accepted_languages":
            return noise | bent(b"de-CH, fr;q=0.9, en;q=0.8, ja; q = 0.05, *;q=0")
        case "picture":
            return noise | st.one_of([bent(each) for each in _PICTURES])
        case "spelled_id":
            return noise | bent(b"user_01K6G00000E008000000000000")
        case "scopes":
            return noise | st.one_of([bent(each) for each in _SCOPES])
        case "token_answer" | "userinfo":
            # Bytes that choose status and media type; zeros are the good ones.
            size = 2 if target == "token_answer" else 1
            choice = st.just(bytes(size)) | st.binary(min_size=size, max_size=size)
            return st.tuples(choice, documents(target)).map(b"".join)
    return noise | documents(target)


def _encoded(text: str) -> bytes:
    return f"{text}@alder.example".encode("utf-8", "surrogatepass")
