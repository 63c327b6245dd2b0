"""Sign-ins, some at a time, at a pace, with things going wrong at given moments; each one's times and outcome kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from tests.brokers import RunningBroker

PEOPLE = ("alice", "dave", "carol", "bob", "erin")
SIGNED_IN = "signed in"
SENT_ON = "sent on"


@dataclass(kw_only=True)
class SignIn:
    """One sign-in. Times are the event loop's; outcomes are `SENT_ON`, `SIGNED_IN` or the code of an error."""

    person: str
    started_at: float
    start: str = ""
    called_at: float = 0.0
    answered_at: float = 0.0
    callback: str = ""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span in which something was wrong; at its edges, `grace` seconds long, either outcome is right."""

    begin: float
    end: float
    grace: float = 0.0

    def holds(self, begin: float, end: float) -> bool:
        """Whether all of a span lies inside."""
        return self.begin <= begin and end <= self.end

    def touches(self, begin: float, end: float) -> bool:
        """Whether any of a span lies inside or at the edge behind."""
        return begin <= self.end + self.grace and end >= self.begin


@dataclass(kw_only=True)
class Run:
    """What happened: the sign-ins, and when the token endpoint and discovery were in trouble."""

    sign_ins: list[SignIn] = field(default_factory=list)
    token_trouble: list[Window] = field(default_factory=list)
    outages: list[Window] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Before sign-in number `before` begins, this happens; from then on it is `pace` seconds for each of them."""

    before: int
    happens: Callable[[Run], Awaitable[None]]
    pace: float


async def run(broker: RunningBroker, *, total: int, at_a_time: int, moments: list[Moment]) -> Run:
    """All sign-ins, to the end."""
    outcome = Run()
    turns = _turns(outcome, total, at_a_time, moments)
    turn = asyncio.Lock()

    async def work() -> None:
        while True:
            async with turn:
                person = await anext(turns, None)
            if person is None:
                return
            await _sign_in(broker, person, outcome)

    await asyncio.gather(*(work() for _ in range(at_a_time)))
    return outcome


async def _turns(outcome: Run, total: int, at_a_time: int, moments: list[Moment]) -> AsyncIterator[str]:
    """Who comes next, when it is time: as many at once as there may be, so that what happens finds some under way."""
    pace = 0.0
    for number in range(total):
        for moment in moments:
            if moment.before == number:
                await moment.happens(outcome)
                pace = moment.pace
        if number % at_a_time == 0:
            await asyncio.sleep(pace * at_a_time)
        yield PEOPLE[number % len(PEOPLE)]


async def _sign_in(broker: RunningBroker, person: str, outcome: Run) -> None:
    now = asyncio.get_running_loop().time
    one = SignIn(person=person, started_at=now())
    outcome.sign_ins.append(one)
    async with broker.browser() as browser:
        page = await browser.start(login_hint=f"auto:{person}")
        one.start = page.query.get("error", SENT_ON)
        while page.location is not None and not page.location.startswith(f"{broker.url}/thirdparty/callback"):
            if page.location.startswith("http://localhost:8888/"):
                return
            page = await browser.get(page.location)
        assert page.location is not None, page.text
        one.called_at = now()
        answer = await browser.get(page.location)
        one.answered_at = now()
        one.callback = answer.query.get("error", SIGNED_IN)
