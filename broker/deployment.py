"""What outlives a reload: the open store, what was counted, and whatever is under way."""

from dataclasses import dataclass, field
from pathlib import Path

from broker.clock import Clock
from broker.providers.connections import Pool
from broker.signin.complete import UnderWay
from broker.store.base import Store
from broker.telemetry.metrics import Metrics
from broker.web.middleware.rate_limit import Windows
from broker.web.wrong_keys import WrongKeys


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Handed from one configuration to the next."""

    store: Store
    clock: Clock
    metrics: Metrics
    base_dir: Path
    windows: Windows
    wrong_keys: WrongKeys
    pool: Pool
    under_way: UnderWay = field(default_factory=dict)
