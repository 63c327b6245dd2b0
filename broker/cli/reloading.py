"""What SIGHUP and a changed file do: a good configuration or certificate is served from now on, a bad one is not.

Keys that need a restart keep the values of the start, whatever the file says now: half of a change is worse than none.
"""

import asyncio
import os
from collections.abc import Sequence

from broker.app import Application
from broker.cli.certificates import ServedCertificate
from broker.config.live import LiveConfig, compare, holding, reload
from broker.errors import BrokerError, ConfigError
from broker.foundation import set_up_logging
from broker.telemetry.logging import get_logger

FILE_SECONDS = 20
REFUSED = "the configuration was not reloaded"


class Reloads:
    """The reloads of one running server, one at a time and in the order in which they were asked for."""

    def __init__(
        self, application: Application, live: LiveConfig, *, certificates: Sequence[ServedCertificate] = ()
    ) -> None:
        self._application = application
        self._live = live
        self._certificates = certificates
        self._turn = asyncio.Lock()

    async def reload(self) -> bool:
        """Read the file again and serve by it; answers whether that worked. Every mistake is a log line."""
        async with self._turn:
            try:
                await self._take_over()
            except BrokerError as error:
                mistakes = error.mistakes if isinstance(error, ConfigError) else (error.detail,)
                for mistake in mistakes:
                    get_logger().warning(REFUSED, mistake=str(mistake))
            except Exception:
                get_logger().exception(REFUSED)
            else:
                self._count("done")
                return True
            self._count("refused")
            return False

    async def follow_files(self) -> None:
        """A secret file that changed is in use within a minute: what was derived from it is built anew.

        So is a certificate, whose two files are written one after the other: until they fit, the old one is served.
        """
        pending = False
        while True:
            await asyncio.sleep(FILE_SECONDS)
            renewed = [certificate for certificate in self._certificates if certificate.changed()]
            pending = bool(self._live.watch.changed()) or bool(renewed) or pending
            if pending:
                pending = not await self.reload()

    async def _take_over(self) -> None:
        current = self._live.current
        fresh = reload(current, os.environ)
        plan = compare(current.config, fresh.config)
        held = holding(fresh, current.config, plan.restart_keys)
        if held.config.emulator_stands_in and not current.config.emulator_stands_in:
            raise ConfigError("the provider has no credentials any more; for the emulator to stand in, start again")
        renewed = [(certificate, certificate.read()) for certificate in self._certificates]
        set_up_logging(held.config.log)
        try:
            await self._application.reload(held.config)
        except BaseException:
            set_up_logging(current.config.log)
            raise
        for certificate, read in renewed:
            certificate.take(read)
        self._live.replace(held)
        get_logger().info("the configuration was reloaded", changed=list(plan.changed_keys))
        if plan.restart_keys:
            get_logger().warning("some changes wait for the next start", keys=list(plan.restart_keys))

    def _count(self, outcome: str) -> None:
        self._application.broker.metrics.reloads.labels(outcome).inc()
