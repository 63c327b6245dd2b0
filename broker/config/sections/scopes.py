"""Scopes as a provider takes them (RFC 6749 3.3)."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator

from broker.config.sections.section import Complaint, Unfit

_SCOPE = re.compile(r"[!#-\[\]-~]{1,256}", re.ASCII)


def _scope(text: str) -> str:
    if " " in text.strip():
        raise Unfit("holds a space", "give a list: [openid, profile, email]")
    if not _SCOPE.fullmatch(text):
        raise Unfit("is no scope")
    return text


_OF_NO_API = frozenset({"openid", "profile", "email", "offline_access"})
_GRAPH = frozenset({"", "https://graph.microsoft.com"})
Scope = Annotated[str, AfterValidator(_scope)]
ScopeList = tuple[Scope, ...]


def resources_of(scopes: ScopeList) -> tuple[str, ...]:
    """The APIs that scopes belong to, in their order; what has no API in front is Microsoft Graph's, or nobody's."""
    apis = (scope.rpartition("/")[0] for scope in scopes if scope not in _OF_NO_API)
    return tuple(dict.fromkeys("" if api in _GRAPH else api for api in apis))


def scope_complaints(scopes: ScopeList, *, needed: tuple[str, ...]) -> Iterator[Complaint]:
    """Without `openid` there is no ID token, without `profile` Microsoft names nobody in it."""
    for scope in needed:
        if scope not in scopes:
            yield Complaint(key="scopes", message=f"must include {scope}: nobody can be recognised without it")
    if len(set(scopes)) != len(scopes):
        yield Complaint(key="scopes", message="names a scope twice")
    defaults = [scope for scope in scopes if scope == ".default" or scope.endswith("/.default")]
    if defaults:
        message = ".default cannot be mixed with named scopes: Microsoft refuses it"
        yield Complaint(key="scopes", message=message)
