"""What a broker did beside answering: the rows it wrote, the alarms it counted, the lines it logged."""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from structlog.testing import capture_logs

from broker.store.base import Store
from broker.telemetry.logging import Nets
from broker.telemetry.metrics import Metrics

_TABLES = {
    "sqlite": "SELECT name AS name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
}
Rows = Mapping[str, Counter[str]]


async def all_rows(store: Store) -> Rows:
    """Every row of every table, so that neither a new row nor a changed one stays unseen."""
    async with store.read() as c:
        names = [row["name"] for row in await c.fetch_all(_TABLES[store.engine])]
        # The names come from the database itself.
        return {name: Counter(map(str, await c.fetch_all(f'SELECT * FROM "{name}"'))) for name in names}  # noqa: S608


def written(before: Rows, after: Rows) -> dict[str, int]:
    """How many rows appeared, vanished or changed, by table; tables that stayed as they were are left out."""
    differing = {name: (after[name] - before[name]) + (before[name] - after[name]) for name in after}
    return {name: rows.total() for name, rows in differing.items() if rows}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The counters that matter here: security events by kind, and sign-ins by outcome."""

    security: Counter[str]
    outcomes: Counter[str]

    @classmethod
    def of(cls, metrics: Metrics) -> "Counted":
        """As they stand now."""
        return cls(
            security=_by_label(metrics, "broker_security_events_total", "kind"),
            outcomes=_by_label(metrics, "broker_sign_ins_total", "outcome"),
        )

    def since(self, before: "Counted") -> "Counted":
        """What was counted between the two."""
        return Counted(security=self.security - before.security, outcomes=self.outcomes - before.outcomes)


@contextmanager
def log_lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """The log lines of the block, as they would be written: with what must not be read already hidden."""
    with capture_logs([Nets(hide_addresses=True)]) as lines:
        yield lines


def _by_label(metrics: Metrics, name: str, label: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for family in metrics.registry.collect():
        for sample in family.samples:
            if sample.name == name:
                found[sample.labels[label]] += int(sample.value)
    return found
