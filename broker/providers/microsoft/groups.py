"""The groups of a person: from the token, or from Microsoft Graph where the token has no room for them.

More than 200 groups do not fit into a token, which then says only that there are some ("overage"). That must never look
like a member of none, so the answer is three-valued: these groups, or nobody knows, or nothing was said. Where to ask
is pinned here: what the token names (`_claim_sources`) is a retired address, and following one that a token names
would be somebody else's choice of whom we call. Source: Microsoft's documentation of group claims and of Graph.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from broker.clock import Clock
from broker.errors import UpstreamUnavailable
from broker.net.client import OutboundClient
from broker.protocol.discovery import origin_of
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.providers.microsoft.token import GUID

PATIENCE: Final = 2.0
"""Seconds that a sign-in waits for Graph altogether."""
LEFT_ALONE: Final = 15.0
MOST_GROUPS: Final = 1_000
_MOST_PAGES: Final = 10
_MOST_BYTES: Final = 1024 * 1024
_MOST_CHARACTERS: Final = 256
_GROUP: Final = "#microsoft.graph.group"
_PATH: Final = "/v1.0/me/transitiveMemberOf?$select=id&$top=999"

Mode = Literal["off", "token", "graph"]


@dataclass(frozen=True, kw_only=True)
class Membership:
    """`groups` `None`: in some, or perhaps in none, but nobody knows in which."""

    groups: tuple[str, ...] | None


UNKNOWN = Membership(groups=None)


def in_token(claims: Mapping[str, Any]) -> Membership | None:
    """What the token says; `None` where it says nothing at all. A claim that cannot be read is no empty one."""
    names = claims.get("_claim_names")
    elsewhere = "_claim_names" in claims and (not isinstance(names, dict) or "groups" in names)
    if elsewhere or claims.get("hasgroups") not in (None, False, "false"):
        return UNKNOWN
    if "groups" not in claims:
        return None
    listed = claims["groups"]
    if not isinstance(listed, list) or len(listed) > MOST_GROUPS or not all(map(_is_usable, listed)):
        return UNKNOWN
    return Membership(groups=tuple(dict.fromkeys(listed)))


class GroupSource:
    """Asks Graph, as the person who is signing in, where that is configured and needed."""

    def __init__(self, *, mode: Mode, graph: str | None, client: OutboundClient, clock: Clock) -> None:
        """`graph`: its base URL, pinned or configured; without one nobody is asked."""
        self._mode = mode
        self._graph = graph
        self._client = client
        self._clock = clock
        self._left_alone_until: dict[str, float] = {}

    async def of(self, claims: Mapping[str, Any], *, access_token: str | None) -> Membership | None:
        """The groups of somebody from a directory. A sign-in does not fail for Graph: what it cannot say is unknown."""
        if self._mode == "off":
            return None
        told = in_token(claims)
        if self._mode == "token" or (told is not None and told.groups is not None):
            return told
        tenant = claims["tid"]
        if self._graph is None or access_token is None or self._is_left_alone(tenant):
            return UNKNOWN
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask(self._graph, access_token, tenant)
        except TimeoutError:
            # Or each sign-in of this directory would wait for a Graph that is known to be slow.
            self._left_alone_until[tenant] = self._clock.monotonic() + LEFT_ALONE
            return UNKNOWN
        except (UpstreamUnavailable, JsonInvalid):
            return UNKNOWN

    def _is_left_alone(self, tenant: str) -> bool:
        now = self._clock.monotonic()
        self._left_alone_until = {name: until for name, until in self._left_alone_until.items() if now < until}
        return tenant in self._left_alone_until

    async def _ask(self, graph: str, access_token: str, tenant: str) -> Membership:
        """A directory that is throttled or slow there keeps no other's groups from us: with `tenant: common` that
        directory may be anybody's.
        """
        headers = {"authorization": f"Bearer {access_token}"}
        url, found = graph + _PATH, dict[str, None]()
        for _ in range(_MOST_PAGES):
            answer = await self._client.get(url, kind="graph", headers=headers, whose=tenant)
            if answer.status != 200:
                return UNKNOWN
            page = parse_object(answer.body, max_bytes=_MOST_BYTES)
            ids = group_ids(page)
            if ids is None or len(found) + len(ids) > MOST_GROUPS:
                return UNKNOWN
            found |= dict.fromkeys(ids)
            if "@odata.nextLink" not in page:
                return Membership(groups=tuple(found))
            url = page["@odata.nextLink"]
            # The token goes along: to the host that was pinned and to no other.
            if origin_of(graph) is None or origin_of(url) != origin_of(graph):
                return UNKNOWN
        return UNKNOWN


def group_ids(page: Mapping[str, Any]) -> list[str] | None:
    """The groups on a page, which holds roles of the directory and units too; `None` for what is no such page."""
    listed = page.get("value")
    if not isinstance(listed, list):
        return None
    found = []
    for member in listed:
        if not isinstance(member, dict):
            return None
        if member.get("@odata.type", _GROUP) != _GROUP:
            continue
        unverified_id = member.get("id")
        if not isinstance(unverified_id, str) or GUID.fullmatch(unverified_id.lower()) is None:
            return None
        found.append(unverified_id.lower())
    return found


def _is_usable(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _MOST_CHARACTERS and name.isprintable()
