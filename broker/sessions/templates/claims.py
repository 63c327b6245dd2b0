"""`session.jwt_template`: further claims of the session token, made of a user's data.

Compiled once, when the configuration is loaded, and evaluated whenever a token is made. What has no value for somebody
is left out of their token, and logged; the claims that every session token has are never overwritten.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.users import UserProfile
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.sessions.templates import paths
from broker.sessions.templates.evaluation import render
from broker.sessions.templates.functions import Struct, TemplateFails
from broker.sessions.templates.grammar import Block, Command, Fields, Literal, Node, Pipeline, Term, Value, parse
from broker.sessions.templates.words import TemplateInvalid

RESERVED = frozenset({"aud", "exp", "iat", "sub", "session_id", "iss", "amr", "provider", "nbf", "jti"})
"""Claims that are ours to make; `email` is ours too where there is an address."""
MOST_DEPTH = 10
_MOST_DEPTH_TOGETHER = 14
"""Of the configuration's maps and lists and of what a template puts into them: a token is nested 16 deep at most."""
_MOST_JSON_BYTES = 32 * 1024
_USER = frozenset({"UserID", "Email", "Username", "Name", "GivenName", "FamilyName", "Picture", "Metadata"})
_MEMBERS = {"Email": frozenset({"Address", "IsPrimary", "IsVerified"}), "Metadata": frozenset({"Public", "Unsafe"})}
_PATH_TAKERS = (("Metadata", "Public"), ("Metadata", "Unsafe"))
Told = Callable[[str, str], None]
"""Told the claim and why it was left out."""
_Compiled = Any


class ClaimTemplates:
    """The templates of one configuration; `needs_metadata`: whether any of them looks at what applications keep."""

    def __init__(self, claims: Mapping[str, Any], *, told: Told = lambda _claim, _why: None) -> None:
        self._told = told
        self._compiled = {name: _compiled(value, 0) for name, value in claims.items() if name not in RESERVED}
        self.needs_metadata = any("Metadata" in text for text in _texts(claims)) or any(
            "{{" in text and ".User}" in text.replace(" ", "") for text in _texts(claims)
        )

    def __bool__(self) -> bool:
        return bool(self._compiled)

    @property
    def names(self) -> frozenset[str]:
        """The claims that are made here, and that a token can do without."""
        return frozenset(self._compiled)

    def leave_out(self, name: str, why: str) -> None:
        """Say that a claim is missing from somebody's token."""
        self._told(name, why)

    def claims_for(self, profile: UserProfile, metadata: UserMetadata = NO_METADATA) -> dict[str, Any]:
        """The claims for this user."""
        data = {"User": _user(profile, metadata)}
        found: dict[str, Any] = {}
        for name, compiled in self._compiled.items():
            try:
                found[name] = _evaluated(compiled, data, 0)
            except (TemplateFails, TemplateInvalid) as error:
                self._told(name, str(error))
        return found


def overwritten(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims that a template names in vain: every session token has them, and ours count."""
    return tuple(name for name in claims if name in RESERVED)


def mistakes(claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each claim with what is wrong with it."""
    for name, value in claims.items():
        try:
            _compiled(value, 0)
        except TemplateInvalid as error:
            yield name, error.detail


def _compiled(value: Any, depth: int) -> _Compiled:
    if depth > MOST_DEPTH:
        raise TemplateInvalid("is nested too deeply")
    if isinstance(value, str):
        nodes = parse(value)
        _check(nodes, at_root=True)
        return nodes
    if isinstance(value, dict):
        return {str(name): _compiled(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_compiled(each, depth + 1) for each in value]
    if value is None or isinstance(value, bool | int | float):
        if _carried(json.dumps([value]), MOST_DEPTH) is None:
            raise TemplateInvalid("is a number that no token can carry")
        return _Constant(value)
    raise TemplateInvalid("is neither text, number, truth value, list nor map")


class _Constant:
    def __init__(self, value: Any) -> None:
        self.value = value


def _evaluated(compiled: _Compiled, data: dict[str, Any], depth: int) -> Any:
    match compiled:
        case _Constant(value=value):
            return value
        case dict():
            return {name: _evaluated(each, data, depth + 1) for name, each in compiled.items()}
        case list():
            return [_evaluated(each, data, depth + 1) for each in compiled]
    return _typed(render(compiled, data), _MOST_DEPTH_TOGETHER - depth)


def _typed(text: str, max_depth: int) -> Any:
    """A truth value, an object or a list, where the text is one."""
    if text in ("true", "false"):
        return text == "true"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TemplateFails("holds half a character") from error
    if (text[:1], text[-1:]) in (("{", "}"), ("[", "]")):
        return _parsed(text, max_depth)
    return text


def _parsed(text: str, max_depth: int) -> Any:
    """The JSON that a text is. People write some of what stands in it: what no token could carry is nobody's claim, nor
    is what names a member twice, so that a nickname `x","role":"admin` makes nobody an administrator.
    """
    try:
        json.loads(text)
    except RecursionError as error:
        raise TemplateFails("is nested too deeply") from error
    except ValueError:
        return text
    found = _carried(text, max_depth)
    if found is None:
        raise TemplateFails("is JSON that no token can carry, or that names a member twice")
    return found


def _carried(text: str, max_depth: int) -> Any:
    """The object or list in a text, if our own checks would take a token with it."""
    try:
        return parse_object(f'{{"":{text}}}', max_bytes=_MOST_JSON_BYTES, max_depth=max_depth + 1)[""]
    except JsonInvalid:
        return None


def _user(profile: UserProfile, metadata: UserMetadata) -> Struct:
    user, email = profile.user, _email(profile)
    kept = _metadata(metadata)
    members = {
        "UserID": user.id,
        "Email": email,
        "Username": "",
        "Name": user.name or "",
        "GivenName": user.given_name or "",
        "FamilyName": user.family_name or "",
        "Picture": user.picture or "",
        "Metadata": kept,
    }
    spelled = {"UserID": "user_id", "GivenName": "given_name", "FamilyName": "family_name"}
    whole: dict[str, Any] = {
        spelled.get(name, name.lower()): value for name, value in members.items() if isinstance(value, str)
    }
    if email is not None:
        whole["email"] = email.whole
    if kept.whole:
        whole["metadata"] = kept.whole
    return Struct(members, dict(sorted(whole.items())))


def _email(profile: UserProfile) -> Struct | None:
    email = profile.primary_email
    if email is None:
        return None
    members = {"Address": email.address, "IsPrimary": email.is_primary, "IsVerified": email.is_verified}
    return Struct(members, {"address": email.address, "is_primary": email.is_primary, "is_verified": email.is_verified})


def _metadata(metadata: UserMetadata) -> Struct:
    """Public and unsafe; the operators' own part is not for tokens."""
    parts = {"public_metadata": metadata.public, "unsafe_metadata": metadata.unsafe}
    return Struct(
        {
            "Public": lambda path: _found(metadata.public, path),
            "Unsafe": lambda path: _found(metadata.unsafe, path),
        },
        {name: part for name, part in parts.items() if part},
    )


def _found(content: dict[str, Any] | None, path: str) -> Any:
    value = paths.get(content or {}, path)
    return "" if value is None else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)


def _check(nodes: Sequence[Node], *, at_root: bool) -> None:
    """Members that no user has, and paths that mean nothing, are told now. Within `with` and `range` `.` is another."""
    for node in nodes:
        if isinstance(node, Value | Block):
            _check_pipeline(node.pipeline, at_root=at_root)
        if isinstance(node, Block):
            _check(node.body, at_root=at_root and node.kind == "if")
            _check(node.otherwise, at_root=at_root)


def _check_pipeline(pipeline: Pipeline, *, at_root: bool) -> None:
    for position, command in enumerate(pipeline.commands):
        _check_path(command, is_first=position == 0)
        for term in (command.term, *command.arguments):
            if term is not None:
                _check_term(term, at_root=at_root)


def _check_path(command: Command, *, is_first: bool) -> None:
    term = command.term
    if not isinstance(term, Fields) or term.names[-2:] not in _PATH_TAKERS:
        return
    if is_first and not command.arguments:
        raise TemplateInvalid(f".{'.'.join(term.names)} takes a path")
    for argument in command.arguments:
        if isinstance(argument, Literal) and isinstance(argument.value, str):
            paths.parts_of(argument.value)


def _check_term(term: Term, *, at_root: bool) -> None:
    if isinstance(term, Pipeline):
        _check_pipeline(term, at_root=at_root)
    if not isinstance(term, Fields):
        return
    if not isinstance(term.base, str):
        _check_term(term.base, at_root=at_root)
        return
    if term.base == "." and not at_root:
        return
    names = term.names
    if names[:1] not in ((), ("User",)):
        raise TemplateInvalid(f"there is no .{names[0]}, only .User")
    if len(names) > 1 and names[1] not in _USER:
        raise TemplateInvalid(f"there is no .User.{names[1]}, only {', '.join(sorted(_USER))}")
    if len(names) > 2 and (names[2] not in _MEMBERS.get(names[1], ()) or len(names) > 3):
        raise TemplateInvalid(f"there is no .{'.'.join(names)}")


NO_TEMPLATES = ClaimTemplates({})
