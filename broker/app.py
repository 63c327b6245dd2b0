"""A running broker: what lives as long as the process, and the reload.

A reload is a rebuild: a new configuration makes a new Broker around the open store, one reference is swapped, and
requests under way finish with the Broker that they began with. Nothing is mutated. How a Broker is put together is
`broker/wiring`.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path

from starlette.types import Receive, Scope, Send

from broker.clock import Clock, SystemClock
from broker.config.sections.config import Config
from broker.deployment import Deployment
from broker.errors import BrokerError
from broker.foundation import open_database, retention_of
from broker.grants.recheck import ROUND_SECONDS
from broker.housekeeping import sweep
from broker.providers.base import Provider
from broker.providers.connections import Pool
from broker.providers.credentials.expiry import ExpiryWatch
from broker.providers.credentials.ordered import HoldsCredentials
from broker.sessions.keyring import FOLLOW_SECONDS
from broker.store.metered import MeteredStore
from broker.telemetry.logging import get_logger
from broker.telemetry.metrics import Metrics
from broker.telemetry.workers import PUBLISH_SECONDS
from broker.web.broker import Broker
from broker.web.middleware.rate_limit import Windows
from broker.web.wrong_keys import WrongKeys
from broker.wiring import Built, build

SWEEP_SECONDS = 300
CREDENTIALS_SECONDS = 30
TOLD_SECONDS = 12.0
"""How long after a reload what is under way to webhooks may take to end: longer than any attempt."""
FORMER_SECONDS = 11 * 60
"""How long the providers of a replaced configuration serve on: longer than any sign-in that they began is good for."""


class Application:
    """A running broker: two ASGI apps, what works in the background, and the reload."""

    def __init__(self, deployment: Deployment, built: Built) -> None:
        self._deployment = deployment
        self._built = built
        self._background: set[asyncio.Task[None]] = set()
        self._draining = False
        self._former: list[Provider] = []
        self._reloading = asyncio.Lock()

    @classmethod
    async def open(
        cls, config: Config, *, base_dir: Path, clock: Clock | None = None, metrics: Metrics | None = None
    ) -> "Application":
        """Open the database, bring it up to date, make keys if there are none. `metrics` are one's own by default.

        Raises `ConfigError`, `StoreUnavailable`, `SchemaMismatch`, `SealBroken`.
        """
        metrics, clock = metrics or Metrics(), clock or SystemClock()
        store = await open_database(config, base_dir=base_dir)
        try:
            metered = MeteredStore(store, metrics.store_call)
            deployment = Deployment(
                store=metered,
                clock=clock,
                metrics=metrics,
                base_dir=base_dir,
                windows=Windows(clock),
                wrong_keys=WrongKeys(clock),
                pool=Pool(clock=clock),
            )
            built = await build(config, deployment)
        except BaseException:
            await store.close()
            raise
        metrics.started_at.set(deployment.clock.now())
        return cls(deployment, built)

    @property
    def broker(self) -> Broker:
        """The broker of the configuration in force."""
        return self._built.broker

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._built.config

    def drain(self) -> None:
        """Say at `/health/ready` that no new traffic should come; everything that comes is still served."""
        self._draining = True

    async def public(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app that browsers and backends reach."""
        built = self._built
        scope["broker"] = built.broker
        scope["draining"] = self._draining
        await built.public(scope, receive, send)

    async def admin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app that operators reach."""
        built = self._built
        scope["broker"] = built.broker
        scope["draining"] = self._draining
        await built.admin(scope, receive, send)

    async def reload(self, config: Config) -> None:
        """Serve by this configuration from the next request on. Raises and changes nothing if it cannot be used.

        One at a time: of two at once the later is in force. What it replaces serves the sign-ins that it began.
        """
        async with self._reloading:
            before = self._built.broker.webhooks.worker
            self._built = await build(
                config, self._deployment, before=self._built.providers, former=tuple(self._former)
            )
            self._former += self._built.replaced
            self.background(before.close(patience=TOLD_SECONDS))
            for provider in self._built.replaced:
                self.background(self._retire(provider))

    def work(self) -> None:
        """Begin the background work: keys, what has expired, asking about people again, webhooks, figures."""
        self._deployment.metrics.publish()
        self.background(self._follow_keys())
        self.background(self._sweep())
        self.background(self._recheck())
        self.background(self._publish_figures())
        self.background(self._watch_credentials())
        self.background(self._tell_webhooks())

    async def close(self) -> None:
        """Stop the background work, close providers and store."""
        under_way = list(self._background)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self.broker.webhooks.worker.close()
        for provider in (*self._built.providers.values(), *self._former):
            await provider.close()
        await self._deployment.pool.close()
        await self._deployment.store.close()

    def background(self, work: Coroutine[object, object, None]) -> None:
        """Run this beside the requests until it ends, or `close`."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _retire(self, provider: Provider) -> None:
        await asyncio.sleep(FORMER_SECONDS)
        self._former.remove(provider)
        await provider.close()

    async def _follow_keys(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await self.broker.keyring.refresh()
            except BrokerError as error:
                get_logger().warning("the signing keys could not be read again", detail=str(error))
            except Exception:
                get_logger().exception("the signing keys could not be read again")

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self.broker.grants.recheck.round()
            except BrokerError as error:
                get_logger().warning("people who are signed in could not be asked about", detail=str(error))
            except Exception:
                get_logger().exception("people who are signed in could not be asked about")

    async def _publish_figures(self) -> None:
        while True:
            await asyncio.sleep(PUBLISH_SECONDS)
            self._deployment.metrics.publish()

    async def _tell_webhooks(self) -> None:
        while True:
            await self.broker.webhooks.worker.look()

    async def _watch_credentials(self) -> None:
        """Look at the credentials, and so at their files, more often than a minute; speak of them once a day."""
        watch = ExpiryWatch(self._deployment.clock)
        while True:
            try:
                self._tell_credentials(watch)
            except Exception:
                get_logger().exception("the credentials could not be looked at")
            await asyncio.sleep(CREDENTIALS_SECONDS)

    def _tell_credentials(self, watch: ExpiryWatch) -> None:
        held = {id: each for id, each in self._built.providers.items() if isinstance(each, HoldsCredentials)}
        standing = {id: each.credentials.standing() for id, each in held.items()}
        known = ((id, each) for id, credentials in standing.items() for each in credentials)
        metrics = self._deployment.metrics
        metrics.credentials({(id, each.id): each.expires_at for id, each in known if each.expires_at is not None})
        for notice in watch.due(standing) if metrics.is_first else ():
            tell = getattr(get_logger(), notice.level)
            event = "a credential has expired" if notice.days < 0 else "a credential is about to expire"
            tell(event, provider=notice.provider, credential=notice.credential, days=notice.days)

    async def _sweep(self) -> None:
        while True:
            try:
                await sweep(self._deployment.store, self._deployment.clock, retention_of(self.config))
            except BrokerError as error:
                get_logger().warning("expired rows could not be dropped", detail=str(error))
            except Exception:
                get_logger().exception("expired rows could not be dropped")
            await asyncio.sleep(SWEEP_SECONDS)
