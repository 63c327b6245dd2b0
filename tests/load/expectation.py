"""What a run must come to: said before it, counted after it, one line each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.load.run import SENT_ON, SIGNED_IN, Run, SignIn, Window
from tests.load.stage import FIRST, SECOND, TokenLog

UNAVAILABLE = "temporarily_unavailable"
SAID_BEFORE = (
    "callbacks within the seconds of 429 and 503 end temporarily_unavailable",
    "at the edge of those seconds (begun before; or after, while the last Retry-After, in whole seconds, runs)"
    " either outcome is right",
    "every other callback signs in: whatever secret, key or document was exchanged meanwhile",
    "every start is sent on to the provider, also while discovery is down: from the kept copy",
    "no code is redeemed twice, and none is sent again for another reason than a refused credential",
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One expectation beside what was counted."""

    what: str
    expected: str
    counted: str
    holds: bool

    def __str__(self) -> str:
        return f"{'ok  ' if self.holds else 'NOT '} {self.what}: expected {self.expected}, counted {self.counted}"


def account(run: Run, log: TokenLog, *, total: int, asked_in_vain: int) -> list[Line]:
    """Every line. `asked_in_vain`: how often discovery was asked while it was down."""
    called = [each for each in run.sign_ins if each.callback]
    within = [each for each in called if _within(each, run.token_trouble)]
    edge = [each for each in called if each not in within and _touched(each, run.token_trouble)]
    others = [each for each in called if each not in within and each not in edge]
    during = [each for each in run.sign_ins if any(w.holds(each.started_at, each.started_at) for w in run.outages)]
    return [
        _all("starts are sent on", run.sign_ins, _is_sent_on, total=total),
        _all("of these, starts while discovery is down", during, _is_sent_on),
        _at_least("discovery asked in vain meanwhile", asked_in_vain),
        _all("callbacks are answered", called, lambda _: True, total=total),
        _all("callbacks within 429 and 503 end temporarily_unavailable", within, _is_unavailable),
        _all("callbacks at the edge end in either way", edge, lambda one: _is_in(one) or _is_unavailable(one), least=0),
        _all("other callbacks sign in", others, _is_in),
        _none("codes redeemed twice", log.redeemed_twice),
        _none("codes sent again without a refused credential", log.sent_again_for_nothing),
        _at_least("times the first secret was refused", log.count(secret=FIRST, error="invalid_client")),
        _at_least("codes redeemed by the second secret", log.count(secret=SECOND, error="")),
    ]


def _is_sent_on(one: SignIn) -> bool:
    return one.start == SENT_ON


def _is_in(one: SignIn) -> bool:
    return one.callback == SIGNED_IN


def _is_unavailable(one: SignIn) -> bool:
    return one.callback == UNAVAILABLE


def _within(one: SignIn, windows: Iterable[Window]) -> bool:
    return any(window.holds(one.called_at, one.answered_at) for window in windows)


def _touched(one: SignIn, windows: Iterable[Window]) -> bool:
    return any(window.touches(one.called_at, one.answered_at) for window in windows)


def _all(
    what: str, those: list[SignIn], fits: Callable[[SignIn], bool], *, total: int | None = None, least: int = 1
) -> Line:
    """All of those; how many they are is known before only where `total` says so, but there must be `least`."""
    expected = len(those) if total is None else total
    counted = sum(map(fits, those))
    return Line(what=what, expected=str(expected), counted=str(counted), holds=counted == expected >= least)


def _none(what: str, counted: int) -> Line:
    return Line(what=what, expected="0", counted=str(counted), holds=counted == 0)


def _at_least(what: str, counted: int, least: int = 1) -> Line:
    return Line(what=what, expected=f"at least {least}", counted=str(counted), holds=counted >= least)
