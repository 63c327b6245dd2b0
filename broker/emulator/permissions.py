"""Scopes: which there are, which of them only an administrator can consent to, and what a request's `scope` means.

A scope without a resource in front belongs to Graph, the only resource there is. Source: Microsoft's documentation of
scopes and consent and of Graph's permissions.
"""

from collections.abc import Mapping

OPENID_SCOPES = ("openid", "profile", "email", "offline_access")

ADMIN_ONLY: Mapping[str, bool] = {
    "User.Read": False,
    "User.ReadWrite": False,
    "User.ReadBasic.All": False,
    "Calendars.Read": False,
    "Contacts.Read": False,
    "Files.Read": False,
    "Mail.Read": False,
    "Mail.Send": False,
    "People.Read": False,
    "Directory.Read.All": True,
    "Group.Read.All": True,
    "GroupMember.Read.All": True,
    "User.Read.All": True,
}
"""Graph's permissions, and whether an administrator has to consent to them."""

DESCRIPTIONS: Mapping[str, str] = {
    "openid": "Sign you in",
    "profile": "View your basic profile",
    "email": "View your email address",
    "offline_access": "Maintain access to data you have given it access to",
    "User.Read": "Sign you in and read your profile",
    "User.ReadWrite": "Read and update your profile",
    "User.ReadBasic.All": "Read all users' basic profiles",
    "Calendars.Read": "Read your calendars",
    "Contacts.Read": "Read your contacts",
    "Files.Read": "Read your files",
    "Mail.Read": "Read your mail",
    "Mail.Send": "Send mail as you",
    "People.Read": "Read your relevant people lists",
    "Directory.Read.All": "Read directory data",
    "Group.Read.All": "Read all groups",
    "GroupMember.Read.All": "Read group memberships",
    "User.Read.All": "Read all users' full profiles",
}

_DEFAULT = ".default"
GRAPH = "https://graph.microsoft.com"
_BY_NAME = {name.lower(): name for name in (*OPENID_SCOPES, *ADMIN_ONLY)}


class ScopeMistake(Exception):
    """A `scope` that cannot be served; `number` is the AADSTS number of why."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def read_scopes(text: str, *, configured: tuple[str, ...], base: str) -> tuple[str, ...]:
    """The scopes asked for, in Graph's own spelling and without its address, each once.

    `configured` are the permissions of the registration. Raises `ScopeMistake`.
    """
    names = [_without_resource(each, base) for each in text.split()]
    named = [name for name in names if name != _DEFAULT]
    if len(named) < len(names):
        if not set(named) <= set(OPENID_SCOPES):
            raise ScopeMistake(70011)
        named += configured
    if any(name in ADMIN_ONLY and name not in configured for name in named):
        raise ScopeMistake(65005)
    return tuple(dict.fromkeys(named))


def graph_scopes(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Those of them that belong to Graph."""
    return tuple(scope for scope in scopes if scope in ADMIN_ONLY)


def _without_resource(scope: str, base: str) -> str:
    """The bare name: `User.Read` for `https://graph.microsoft.com/User.Read`."""
    resource, _, name = scope.rpartition("/")
    if resource and resource.rstrip("/") not in (GRAPH, f"{base}/graph"):
        raise ScopeMistake(500011)
    if name == _DEFAULT:
        return name
    if name.lower() not in _BY_NAME:
        raise ScopeMistake(650053)
    return _BY_NAME[name.lower()]
