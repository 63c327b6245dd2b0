"""The parsers that meet what others say, each as a function of bytes that knows only refusals of ours.

`hypothesis` and, where it is installed, `atheris` throw bytes at the same targets. What gets out of one is a mistake:
whoever holds the other end could turn it into a 500, or into something worse.
"""

import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from broker.config.sections.microsoft import MicrosoftSection
from broker.errors import BrokerError
from broker.models.identities import AccountClass
from broker.models.metadata import UserMetadata
from broker.models.users import User, UserProfile, is_writable
from broker.protocol.addresses import canonical_address
from broker.protocol.authorization import read_response
from broker.protocol.claims import Claims
from broker.protocol.discovery import read_metadata
from broker.protocol.id_token import VerifiedClaims
from broker.protocol.jwks import read_keys
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.protocol.token_endpoint import read_answer
from broker.protocol.userinfo import read_userinfo
from broker.providers.attributes import attributes
from broker.providers.microsoft.clouds import CLOUDS
from broker.providers.microsoft.documents import TenantDocuments
from broker.providers.microsoft.errors import meaning, numbers_in
from broker.providers.microsoft.groups import MOST_GROUPS, Membership, group_ids, in_token
from broker.providers.microsoft.session_claims import missing_claims, session_claims
from broker.providers.microsoft.token import GUID
from broker.sessions.templates.claims import ClaimTemplates, mistakes
from broker.sessions.templates.paths import get
from broker.sessions.templates.words import TemplateInvalid
from broker.signin.redirects import OriginAllowlist
from broker.signin.registered_targets import RegisteredTargets, mistake_in, origin_mistake_in
from broker.web.workos import ids
from broker.web.workos.events import sought
from broker.web.workos.scopes import provider_query_params, provider_scopes
from broker.web.workos.user_body import user_changes
from tests.attack.tokens.forge import token
from tests.attack.tokens.microsoft import Verdict, honest, signed
from tests.fuzz.organizations import organization_body
from tests.fuzz.sign_in_page import accepted_languages, picture
from tests.unit.providers.microsoft.test_token import key

Target = Callable[[bytes], object]
_EVERYTHING = MicrosoftSection(
    session_claims=("tid", "oid", "sid", "auth_time", "amr", "acrs", "roles", "groups"), groups="token"
)
_PERSON = UserProfile(
    user=User(
        id="u", name="n", given_name=None, family_name=None, picture=None, created_at=1, updated_at=1, locked_at=None
    ),
    emails=(),
    identities=(),
)
_REGISTERED = RegisteredTargets(
    ("https://app.example.com/cb", "https://*.example.com/cb", "http://localhost:*/cb", "app://cb"), production=False
)
_STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503)
_TYPES = ("application/json", "application/json; charset=utf-8", "text/html", "text/plain", "", ";;")


def _template(data: bytes) -> object:
    """Anything for the template of a claim, and the same as what a person wrote about themself."""
    text = data.decode("utf-8", "surrogateescape")
    kept = UserMetadata(unsafe={"x": text, "l": [text, {"n": text}]})
    shown = ClaimTemplates({"c": '{{.User.Metadata.Unsafe "x"}}'}).claims_for(_PERSON, kept)
    json.dumps(shown, ensure_ascii=False, allow_nan=False).encode()
    if list(mistakes({"c": text})):
        return None
    return ClaimTemplates({"c": text}).claims_for(_PERSON, kept)


def _path(data: bytes) -> object:
    """Anything for a path into metadata."""
    try:
        return get({"a": {"b": [1, {"c": 2}]}, "x": "y"}, data.decode("utf-8", "surrogateescape"))
    except TemplateInvalid:
        return None


def _id_token(data: bytes) -> object:
    """Anything in the place of a token."""
    return Verdict(data.decode("utf-8", "surrogateescape"))


def _payload(data: bytes) -> object:
    """Anything that somebody got signed."""
    return Verdict(token({"alg": "RS256", "typ": "JWT", "kid": "work"}, data))


def _claims(data: bytes) -> object:
    """Claims in the place of the honest ones, properly signed."""
    changes = _object(data)
    return Verdict(signed(honest(**changes))) if changes is not None else None


def _header(data: bytes) -> object:
    """Anything for a header, under a signature that holds."""
    return Verdict(token(data, honest()))


def _discovery(data: bytes) -> object:
    for origins in (None, frozenset({"https://login.microsoftonline.com"})):
        found = read_metadata(data, expected_issuer=None, allowed_origins=origins)
        assert found.token_endpoint.startswith("https://"), found
    return None


def _tenant_document(data: bytes) -> object:
    for tenant in ("common", "alder.example"):
        found = TenantDocuments(cloud=CLOUDS["global"], tenant=tenant).read(data)
        assert found.jwks_uri.startswith("https://login.microsoftonline.com/"), found
    return None


def _keys(data: bytes) -> object:
    keys = read_keys(data)
    assert len(keys) > 0
    return keys.find("work")


def _token_answer(data: bytes) -> object:
    """The first two bytes choose status and media type."""
    status, kind = (data[:1] or b"\0")[0], (data[1:2] or b"\0")[0]
    return read_answer(
        status=_STATUSES[status % len(_STATUSES)], content_type=_TYPES[kind % len(_TYPES)], unverified_body=data[2:]
    )


def _userinfo(data: bytes) -> object:
    """The first byte chooses the status."""
    status = _STATUSES[(data[:1] or b"\0")[0] % len(_STATUSES)]
    claims = read_userinfo(status=status, content_type="application/json", unverified_body=data[1:], subject="alice")
    assert claims.claims["sub"] == "alice"
    return attributes(claims, mapping={"email": "mail"})


def _person(data: bytes) -> object:
    members = _object(data)
    if members is None:
        return None
    found = attributes(Claims(claims=MappingProxyType(members)), mapping={})
    assert all(each.verified_by is None or members["email_verified"] is True for each in found.candidates)
    return found


def _token_groups(data: bytes) -> object:
    members = _object(data)
    found = None if members is None else in_token(members)
    _assert_usable(found)
    if found is not None and found.groups == ():
        assert members is not None
        assert members["groups"] == [], "nobody is a member of none by mistake"
    return found


def _graph_groups(data: bytes) -> object:
    """A page of Graph's."""
    members = _object(data)
    found = None if members is None else group_ids(members)
    assert found is None or all(GUID.fullmatch(each) for each in found), found
    return found


def _session_claims(data: bytes) -> object:
    """Any claims on their way into our session, where configuration asks for all of them."""
    members = _object(data)
    if members is None:
        return None
    claims = VerifiedClaims(claims=MappingProxyType(members), key=key(), algorithm="RS256")
    found = session_claims(claims, _EVERYTHING, membership=in_token(members))
    assert found.keys() <= {*_EVERYTHING.session_claims, "groups_overage", "roles_overage"}, found
    kinds: tuple[AccountClass, ...] = ("member", "guest", "personal", "unknown")
    return found, [missing_claims(members, _EVERYTHING, kind=kind) for kind in kinds]


def _assert_usable(found: Membership | None) -> None:
    groups = (found and found.groups) or ()
    assert len(groups) == len(set(groups)) <= MOST_GROUPS
    assert all(0 < len(each) <= 256 and each.isprintable() for each in groups)


def _callback(data: bytes) -> object:
    """A callback's query, which Starlette hands us as Latin-1."""
    return read_response(parse_qsl(data.decode("latin-1"), keep_blank_values=True, errors="surrogateescape"))


def _address(data: bytes) -> object:
    address = canonical_address(data.decode("utf-8", "surrogateescape"))
    assert address is None or canonical_address(address) == address, "one spelling, and only one"
    return address


def _error_text(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    return meaning(text, numbers_in(text))


def _user_body(data: bytes) -> object:
    """What a program says of a user; what is taken can be stored, and told again."""
    try:
        body = parse_object(data, max_bytes=64 * 1024)
    except JsonInvalid:
        return None
    wanted = user_changes(body)
    assert all(text is None or (text and is_writable(text)) for text in wanted.values.values())
    assert wanted.address is None or canonical_address(wanted.address) == wanted.address
    assert all(text is None or isinstance(text, str) for text in wanted.metadata.values())
    return json.dumps([dict(wanted.values), dict(wanted.metadata)], ensure_ascii=False).encode()


def _registered_entry(data: bytes) -> object:
    """Anything that a program registers; what is no mistake means itself."""
    text = data.decode("utf-8", "surrogateescape")
    mistake = mistake_in(text, production=False)
    for said in (mistake, origin_mistake_in(text, production=True)):
        assert said is None or said.isprintable()
    if origin_mistake_in(text, production=False) is None:
        assert OriginAllowlist([text.removesuffix("/")]).admits(text.removesuffix("/"))
    if "*" in text or mistake is not None:
        return None
    return RegisteredTargets([text], production=False).admit(text)


def _registered_target(data: bytes) -> object:
    """Anything in the place of a registered URL."""
    return _REGISTERED.admit(data.decode("utf-8", "surrogateescape"))


def _spelled_id(data: bytes) -> object:
    text = data.decode("utf-8", "surrogateescape")
    found = ids.read("user", text)
    assert found is None or ids.spelled("user", found) == text, "one spelling, and only one"
    return found


def _scopes(data: bytes) -> object:
    """The query of a start, in all the spellings of scopes and of parameters for the provider."""
    given = parse_qsl(data.decode("latin-1"), keep_blank_values=True, errors="surrogateescape")
    text = data.decode("utf-8", "surrogateescape")
    for pairs in (given, [("provider_scopes", text)], [("provider_query_params", text)]):
        scopes = provider_scopes(pairs)
        assert all(scope.isascii() and " " not in scope for scope in scopes)
        assert set(provider_query_params(pairs)) <= {"prompt"}
    return None


def _events_query(data: bytes) -> object:
    """What a program asks for of events; a database can hold all of it."""
    wanted = sought(data)
    assert wanted.names
    assert all(name.isascii() and name.isprintable() for name in wanted.names)
    assert all(at is None or abs(at) < 1 << 62 for at in (wanted.begins_at, wanted.ends_at))
    return None


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


TARGETS: dict[str, Target] = {
    target.__name__.lstrip("_"): target
    for target in (
        _id_token, _payload, _claims, _header, _discovery, _tenant_document, _keys, _token_answer, _userinfo, _person,
        _registered_entry, _registered_target,
        _token_groups, _graph_groups, _session_claims, _callback, _address, _error_text, _template, _path, _user_body,
        organization_body, _spelled_id, _scopes, _events_query, accepted_languages, picture,
    )
}  # fmt: skip


def survives(target: Target, data: bytes) -> None:
    """Run it; whatever is no refusal of ours gets out."""
    try:
        target(data)
    except BrokerError as error:
        refusal = error
    else:
        return
    # It ends in the log, whatever it was that caused it.
    assert refusal.detail.isprintable(), refusal.detail
    assert len(refusal.detail) < 8_192, refusal.detail
