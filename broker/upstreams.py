"""The upstreams of one configuration: its providers, and what builds those of organizations' own connections."""

from dataclasses import dataclass

from broker.accounts.directories import KeptDirectories
from broker.clock import Clock
from broker.config.sections.config import Config
from broker.providers.connections import ConnectionBuilder, Pool
from broker.providers.registry import Providers, build_in, setting_of
from broker.store.base import Store
from broker.telemetry.logging import get_logger
from broker.telemetry.metrics import Metrics


@dataclass(frozen=True, kw_only=True)
class Upstreams:
    """Whom a broker of this configuration can ask."""

    providers: Providers
    connections: ConnectionBuilder


def emulator_url(config: Config) -> str | None:
    """Where browsers and we reach the emulator, if it stands in."""
    address = config.service.emulator_address
    scheme = "http" if config.service.emulator_tls.cert is None else "https"
    return f"{scheme}://localhost:{address.port}" if config.emulator_stands_in else None


def upstreams_of(
    config: Config, *, store: Store, clock: Clock, metrics: Metrics, pool: Pool, before: Providers | None
) -> Upstreams:
    """`before` and `pool` hold what was built until now, of which unchanged ones are kept. Raises `ConfigError`."""
    calls = metrics.provider_calls

    def observe(*, provider: str, kind: str, seconds: float, outcome: str) -> None:
        calls.labels(provider, kind, outcome).observe(seconds)

    def on_stale(*, provider: str, document: str, age: float, reason: str) -> None:
        get_logger().warning(
            "a stale copy serves while the provider cannot be asked",
            provider=provider,
            document=document,
            age_seconds=round(age),
            detail=reason,
        )

    def on_credential(*, provider: str, credential: str, problem: str, detail: str) -> None:
        get_logger().error(problem, provider=provider, credential=credential, detail=detail)

    setting = setting_of(
        config.third_party,
        public_url=config.service.public_url,
        clock=clock,
        observe=observe,
        on_stale=on_stale,
        on_credential=on_credential,
        directories=KeptDirectories(store, clock),
    )
    emulator = emulator_url(config)
    microsoft = config.third_party.providers.microsoft
    return Upstreams(
        providers=build_in(setting, config.third_party, emulator_url=emulator, before=before),
        connections=ConnectionBuilder(microsoft, setting=setting, emulator_url=emulator, pool=pool),
    )
