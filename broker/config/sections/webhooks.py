"""`webhooks`: who is told of events."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from broker.config.sections.section import SECTION, Complaint, Section, Unfit
from broker.config.sections.urls import WebUrl, split_url

EventName = Literal[
    "user",
    "user.login",
    "user.create",
    "user.update",
    "user.delete",
    "user.update.email",
    "user.update.email.create",
    "user.update.email.primary",
    "user.update.email.delete",
    "user.update.username",
    "user.update.username.create",
    "user.update.username.delete",
    "user.update.username.update",
    "user.update.password.update",
    "email.send",
    "session",
    "session.create",
    "session.create.flow",
    "session.create.admin",
    "session.delete",
    "session.delete.explicit",
    "session.delete.explicit.logout",
    "session.delete.explicit.revoke",
    "session.delete.admin",
    "session.delete.admin.revoke",
    "session.delete.passive",
    "session.delete.passive.expire",
    "session.delete.passive.limit",
]
"""Hanko's. A hook gets everything whose name begins so."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise Unfit("is no network", "for example 10.0.0.0/8") from error


def _callback(text: str) -> str:
    if not split_url(text).hostname:
        raise Unfit("has no host")
    return text


@dataclass(frozen=True, kw_only=True, config=SECTION)
class HookSection(Section):
    """One endpoint and what it is told."""

    callback: Annotated[WebUrl, AfterValidator(_callback)]
    events: tuple[EventName, ...]

    def complaints(self) -> Iterator[Complaint]:
        """A hook that is told nothing."""
        if not self.events:
            yield Complaint(key="events", message="must name at least one event", hint='for example "user"')


@dataclass(frozen=True, kw_only=True, config=SECTION)
class WebhooksSection(Section):
    """Endpoints, and private networks that they may be in."""

    hooks: tuple[HookSection, ...] = ()
    allow_private: tuple[Annotated[str, AfterValidator(_network)], ...] = ()

    @property
    def networks(self) -> tuple[Network, ...]:
        """The private networks, parsed."""
        return tuple(map(ipaddress.ip_network, self.allow_private))

    def complaints(self) -> Iterator[Complaint]:
        """Two hooks at one URL would share what they were told. Where a hook may be is asked of who asks it."""
        seen: set[str] = set()
        for index, hook in enumerate(self.hooks):
            if hook.callback in seen:
                yield Complaint(key=f"hooks[{index}].callback", message="stands in another hook, too")
            seen.add(hook.callback)
        for index, network in enumerate(self.allow_private):
            if ipaddress.ip_network(network).prefixlen == 0:
                yield Complaint(
                    key=f"allow_private[{index}]",
                    message="is everywhere: whoever may make webhooks reaches every machine that we reach",
                    notice=True,
                )


def loopback() -> tuple[Network, ...]:
    """This machine, where webhooks are tried out."""
    return tuple(map(ipaddress.ip_network, _LOOPBACK))
