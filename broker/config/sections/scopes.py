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


Scope = Annotated[str, AfterValidator(_scope)]
ScopeList = tuple[Scope, ...]


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
