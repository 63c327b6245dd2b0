"""What of a token goes on into our session, because configuration asks for it, and which optional claims were missed.

A claim of another type than Microsoft documents is as if it were not there, except where its absence would say
something: of roles and groups "unknown" is said as such (`roles_overage`, `groups_overage`), never as "none".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from broker.config.sections.microsoft import MicrosoftSection
from broker.models.identities import AccountClass
from broker.protocol.id_token import VerifiedClaims
from broker.providers.microsoft.groups import UNKNOWN, Membership, in_token

_MOST_METHODS: Final = 16
_MOST_ROLES: Final = 1_000
_MOST_CHARACTERS: Final = 128


def session_claims(
    claims: VerifiedClaims, section: MicrosoftSection, *, membership: Membership | None
) -> dict[str, Any]:
    """The configured claims by name, those that are there."""
    found: dict[str, Any] = {}
    for name in section.session_claims:
        match name:
            case "groups":
                found |= _listed("groups", membership)
            case "roles":
                found |= _listed("roles", _roles(claims.claims))
            case "amr" | "acrs":
                methods = [text for text in claims.texts(name) if len(text) <= _MOST_CHARACTERS][:_MOST_METHODS]
                found |= {name: methods} if methods else {}
            case "auth_time":
                found |= {} if claims.number(name) is None else {name: claims.number(name)}
            case _:
                text = claims.text(name)
                found |= {name: text} if text is not None and len(text) <= _MOST_CHARACTERS else {}
    return found


def missing_claims(claims: Mapping[str, Any], section: MicrosoftSection, *, kind: AccountClass) -> tuple[str, ...]:
    """The optional claims that this configuration needs and this token lacks: for `broker doctor`."""
    return tuple(dict.fromkeys(name for name in _needed(claims, section, kind) if claims.get(name) is None))


def _needed(claims: Mapping[str, Any], section: MicrosoftSection, kind: AccountClass) -> Iterator[str]:
    """What the registration could send for an account of this kind, and somebody here would read."""
    of_a_directory = kind != "personal"
    if not section.tenants.guests and of_a_directory:
        yield "acct"
    if "upn" in section.email.sources and kind in ("member", "unknown"):
        yield "upn"
    if "email" in section.email.sources:
        yield "email"
        if claims.get("email") is not None and not section.email.trusted_tenants:
            yield "xms_edov"
    if section.logout.rp_initiated:
        yield "login_hint"
    # Personal accounts have neither a session's id nor groups.
    if of_a_directory and (section.logout.frontchannel or "sid" in section.session_claims):
        yield "sid"
    yield from (name for name in ("auth_time", "acrs") if name in section.session_claims)
    if of_a_directory and section.groups == "token" and "groups" in section.session_claims and in_token(claims) is None:
        yield "groups"


def _listed(name: str, membership: Membership | None) -> dict[str, Any]:
    if membership is None:
        return {}
    return {f"{name}_overage": True} if membership.groups is None else {name: list(membership.groups)}


def _roles(claims: Mapping[str, Any]) -> Membership | None:
    """App roles have no overage at Microsoft: nothing said means none."""
    listed = claims.get("roles")
    if listed is None:
        return None
    usable = isinstance(listed, list) and len(listed) <= _MOST_ROLES and all(map(_is_role, listed))
    return Membership(groups=tuple(dict.fromkeys(listed))) if usable else UNKNOWN


def _is_role(role: object) -> bool:
    return isinstance(role, str) and 0 < len(role) <= 2 * _MOST_CHARACTERS and role.isprintable()
