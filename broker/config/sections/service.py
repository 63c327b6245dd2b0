"""`service`: who we are and where browsers reach us."""

from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from typing import Annotated, Literal

from pydantic import StringConstraints
from pydantic.dataclasses import dataclass

from broker.config.sections.address import Address
from broker.config.sections.files import PictureFile
from broker.config.sections.section import RESTART, SECTION, Complaint, Section
from broker.config.sections.tls import TlsSection
from broker.config.sections.urls import OriginUrl, SplitUrl, is_loopback, is_secure, split_url


@dataclass(frozen=True, kw_only=True, config=SECTION)
class ServiceSection(Section):
    """Our name and address. `environment` is production unless the file says staging."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "Identity Broker"
    logo: PictureFile | None = None
    environment: Annotated[Literal["production", "staging"], RESTART] = "production"
    public_url: OriginUrl = "http://localhost:8000"
    emulator_address: Annotated[Address, RESTART] = Address(host="127.0.0.1", port=8400)
    emulator_tls: TlsSection = field(default_factory=TlsSection)

    @cached_property
    def split(self) -> SplitUrl:
        """`public_url` in its parts."""
        return split_url(self.public_url)

    @property
    def hostname(self) -> str:
        """The host of `public_url`, without port."""
        return self.split.hostname

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us by https."""
        return self.split.scheme == "https"

    @property
    def is_loopback(self) -> bool:
        """Whether only browsers on this machine reach us."""
        return is_loopback(self.hostname)

    @property
    def is_production(self) -> bool:
        """Whether real people sign in here."""
        return self.environment == "production"

    def complaints(self) -> Iterator[Complaint]:
        """https unless loopback; the emulator never listens to the world."""
        if not is_secure(self.split):
            yield Complaint(
                key="public_url",
                message="must be https: session cookies would cross the network in the clear",
                hint=f"write https://{self.split.host}; http is for localhost only",
            )
        if not self.emulator_address.is_loopback or self.emulator_address.unix_path is not None:
            yield Complaint(
                key="emulator_address",
                message="must be a loopback address: the emulator signs in whoever asks",
                hint='"127.0.0.1:8400"',
            )
