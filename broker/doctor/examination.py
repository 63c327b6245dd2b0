"""What is examined: a configuration, the database that it names, and everybody whom it makes us depend on.

Whatever cannot be opened is said once, by the check that it belongs to; the rest goes on without it. Nothing is
written, except where the operator asked for it (`--accept`).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from broker.clock import Clock
from broker.config.load import LoadedConfig
from broker.config.sections.config import Config
from broker.config.sections.custom_provider import CustomProviderSection
from broker.doctor.registration import Registration, registration
from broker.doctor.upstream import Upstream
from broker.errors import BrokerError
from broker.net.client import OutboundClient
from broker.providers.custom import hosts
from broker.store.base import Store
from broker.store.open import open_store, sqlite_path
from broker.upstreams import emulator_url


@dataclass(kw_only=True)
class Custom:
    """A custom provider; `token_endpoint` is there once it is known."""

    key: str
    section: CustomProviderSection
    callback_url: str
    upstream: Upstream
    token_endpoint: str | None = None


@dataclass(kw_only=True)
class Examination:
    """`store` is `None` where there is none that can be read; `store_fault` says why, where that is a fault.

    `has_tables` once its schema was found to be this program's.
    """

    loaded: LoadedConfig
    clock: Clock
    offline: bool = False
    accept: str | None = None
    microsoft: Registration | None = None
    custom: tuple[Custom, ...] = ()
    store: Store | None = None
    store_fault: BrokerError | None = None
    has_tables: bool = False
    database_file: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.loaded.config


@asynccontextmanager
async def opened(
    loaded: LoadedConfig,
    *,
    clock: Clock,
    environ: Mapping[str, str],
    offline: bool = False,
    accept: str | None = None,
) -> AsyncIterator[Examination]:
    """Everything within reach, until the block ends. Raises `ConfigError` for what no server would start with."""
    config = loaded.config
    examination = Examination(loaded=loaded, clock=clock, offline=offline, accept=accept, environ=environ)
    examination.microsoft = registration(config, clock=clock, environ=environ, emulator_url=emulator_url(config))
    examination.custom = tuple(_custom(config, clock))
    await _open_database(examination)
    try:
        yield examination
    finally:
        for upstream in (custom.upstream for custom in examination.custom):
            await upstream.client.close()
        if examination.microsoft is not None:
            await examination.microsoft.close()
        if examination.store is not None:
            await examination.store.close()


def is_missing(path: Path) -> bool:
    """Whether the file is not there. Of one that we may not look for, opening it says what is in the way."""
    try:
        return not path.exists()
    except OSError:
        return False


async def _open_database(examination: Examination) -> None:
    database = examination.config.database
    base_dir = examination.loaded.base_dir
    if database.is_sqlite:
        examination.database_file = sqlite_path(database.url.reveal(), base_dir=base_dir)
        if is_missing(examination.database_file):
            return  # opening it would make it
    try:
        examination.store = await open_store(database.url.reveal(), pool_min=1, pool_max=2, base_dir=base_dir)
    except BrokerError as error:
        examination.store_fault = error


def _custom(config: Config, clock: Clock) -> list[Custom]:
    found = []
    for key, section in config.third_party.custom_providers.items():
        if not section.enabled:
            continue
        ca_file = str(section.ca_file) if section.ca_file is not None else None
        named = (section.issuer, section.authorization_endpoint, section.token_endpoint, section.userinfo_endpoint)
        client = OutboundClient(provider=f"custom_{key}", clock=clock, named_hosts=hosts(named), ca_file=ca_file)
        upstream = Upstream(client=client, clock=clock, ca_file_key=f"third_party.custom_providers.{key}.ca_file")
        callback_url = config.callback_url_of(key)
        found.append(Custom(key=key, section=section, callback_url=callback_url, upstream=upstream))
    return found
