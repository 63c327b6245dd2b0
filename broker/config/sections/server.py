"""`server`: where we listen, whom we let call from a browser, whose forwarding headers we believe."""

import ipaddress
from collections.abc import Iterator
from dataclasses import field
from typing import Annotated

from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from broker.config.sections.address import Address
from broker.config.sections.patterns import OriginPattern
from broker.config.sections.quantities import Pause
from broker.config.sections.section import RESTART, SECTION, Complaint, Section, Unfit
from broker.config.sections.tls import TlsSection
from broker.config.sections.urls import HostName, split_url


def _proxy(text: str) -> str:
    if text == "unix":
        return text
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError as error:
        raise Unfit('is no IP address, network or "unix"', "for example 10.0.0.0/8") from error


TrustedProxy = Annotated[str, AfterValidator(_proxy)]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class CorsSection(Section):
    """Origins whose scripts may call us with the person's cookie."""

    allow_origins: tuple[OriginPattern, ...] = ()

    def complaints(self) -> Iterator[Complaint]:
        """http that leaves the machine is told."""
        for index, pattern in enumerate(self.allow_origins):
            url = split_url(pattern.replace("*", "x"))
            if url.scheme == "http" and not Address(host=url.hostname).is_loopback:
                yield Complaint(
                    key=f"allow_origins[{index}]",
                    message="is http: whoever sits on the network between can act as the signed-in person",
                    notice=True,
                )


@dataclass(frozen=True, kw_only=True, config=SECTION)
class PublicSection(Section):
    """The listener that browsers and backends reach."""

    address: Annotated[Address, RESTART] = Address(host="127.0.0.1", port=8000)
    tls: TlsSection = field(default_factory=TlsSection)
    cors: CorsSection = field(default_factory=CorsSection)


@dataclass(frozen=True, kw_only=True, config=SECTION)
class AdminSection(Section):
    """The listener for operators: metrics, health, admin API."""

    address: Annotated[Address, RESTART] = Address(host="127.0.0.1", port=8001)
    hosts: tuple[HostName, ...] = ()


@dataclass(frozen=True, kw_only=True, config=SECTION)
class ServerSection(Section):
    """Both listeners and what surrounds them. `shutdown_grace` is in seconds."""

    public: PublicSection = field(default_factory=PublicSection)
    admin: AdminSection = field(default_factory=AdminSection)
    hosts: tuple[HostName, ...] = ()
    trusted_proxies: tuple[TrustedProxy, ...] = ()
    shutdown_grace: Pause = 20

    def complaints(self) -> Iterator[Complaint]:
        """Two listeners, two addresses; trusting everybody is told."""
        if self.admin.address == self.public.address and self.public.address != Address(
            host=self.public.address.host, port=0
        ):
            yield Complaint(
                key="admin.address",
                message="is also the public address: the admin API would face the world",
                hint='for example "127.0.0.1:8001"',
                reads=("public.address",),
            )
        for index, proxy in enumerate(self.trusted_proxies):
            if proxy in ("0.0.0.0/0", "::/0"):
                yield Complaint(
                    key=f"trusted_proxies[{index}]",
                    message="believes everybody: any client can claim any address, and limits per address mean nothing",
                    hint="name your proxies",
                    notice=True,
                )
