"""All recorded exchanges played, and what came of each: matched, documented, or unexplained."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.contract.hanko.golden import (
    playing_admin,
    playing_flow,
    playing_microsoft,
    playing_rest,
    playing_tables,
    playing_thirdparty,
    playing_tokens,
)
from tests.contract.hanko.golden.comparing import differences
from tests.contract.hanko.golden.exchanges import Exchange, NotPlayed, recorded
from tests.contract.hanko.golden.page import Line
from tests.contract.hanko.golden.stage import staged
from tests.peers.oidc import ABSENT

NOT_PLAYED = frozenset({"not played"})
_PLAYERS = {
    "rest": playing_rest.play,
    "tables": playing_tables.play,
    "tokens": playing_tokens.play,
    "thirdparty": playing_thirdparty.play,
    "microsoft": playing_microsoft.play,
    "flow": playing_flow.play,
    "admin": playing_admin.play,
}
_LAST = {"rest 4", "thirdparty 69", "thirdparty 70", "flow 43"}
"""They move the clock, and sessions end."""
_CLAIMS = {"flow": {"family_name": ABSENT, "picture": ABSENT}}
"""What the recorded person had not told then."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One exchange, and every aspect in which our answer differs."""

    exchange: Exchange
    aspects: frozenset[str]

    def unexplained(self, lines: Iterable[Line]) -> frozenset[str]:
        """The aspects that no line of the page names for this exchange."""
        mine = [line for line in lines if line.is_about(self.exchange)]
        return frozenset(aspect for aspect in self.aspects if not any(line.names(aspect) for line in mine))


async def compared(recording: str, base_dir: Path) -> list[Outcome]:
    """Play one recording against a broker of its own, in the recorded order as far as the clock allows."""
    exchanges = sorted(recorded(recording), key=lambda each: each.name in _LAST)
    outcomes = []
    async with staged(base_dir, claims=_CLAIMS.get(recording)) as stage:
        for each in exchanges:
            try:
                aspects = differences(each, await _PLAYERS[recording](each, stage))
            except NotPlayed:
                aspects = NOT_PLAYED
            outcomes.append(Outcome(exchange=each, aspects=aspects))
    return sorted(outcomes, key=lambda each: each.exchange.number)
