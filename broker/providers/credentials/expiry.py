"""When an operator hears that a credential is about to expire: once a day, from sixty days before, ever louder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from broker.clock import Clock
from broker.providers.credentials.credential import Standing

DAY_SECONDS = 86_400
Level = Literal["info", "warning", "error"]
_FROM_DAYS: tuple[tuple[int, Level], ...] = ((7, "error"), (30, "warning"), (60, "info"))


@dataclass(frozen=True, kw_only=True)
class ExpiryNotice:
    """What is to be said of one credential. `days` are whole ones that are left; below 0 it has expired."""

    level: Level
    provider: str
    credential: str
    days: int


def level_of(days: int) -> Level | None:
    """How loud it is said, if at all."""
    return next((level for limit, level in _FROM_DAYS if days <= limit), None)


class ExpiryWatch:
    """Remembers who was told of when, so that each credential is spoken of once a day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[tuple[str, str, int], int] = {}

    def due(self, standing: Mapping[str, Sequence[Standing]]) -> list[ExpiryNotice]:
        """What is to be said now, of the credentials of each provider. An exchanged one is another one."""
        now = self._clock.now()
        self._told = {key: at for key, at in self._told.items() if now - at < DAY_SECONDS}
        return list(self._notices(standing, now))

    def _notices(self, standing: Mapping[str, Sequence[Standing]], now: int) -> Iterator[ExpiryNotice]:
        for provider, credentials in standing.items():
            for each in credentials:
                if each.expires_at is None:
                    continue
                days = (each.expires_at - now) // DAY_SECONDS
                level, key = level_of(days), (provider, each.id, each.expires_at)
                if level is not None and key not in self._told:
                    self._told[key] = now
                    yield ExpiryNotice(level=level, provider=provider, credential=each.id, days=days)
