"""Each kind of token at each place that accepts one: no kind passes as another, and none is used up by the attempt."""

from tests.attack.applications.acceptors import ACCEPTORS
from tests.attack.applications.kinds import every_kind
from tests.brokers import RunningBroker
from tests.browsers import Browser

# A code of sso may become a session, by design: it is not tried there before its own place has taken it.
BY_DESIGN = frozenset({("code of sso", "code grant")})


async def test_no_kind_of_token_passes_as_another(broker: RunningBroker, program: Browser) -> None:
    kinds = await every_kind(broker)

    passed = [
        (kind, acceptor.name)
        for acceptor in ACCEPTORS
        for kind, value in kinds.items()
        if kind not in acceptor.takes
        and (kind, acceptor.name) not in BY_DESIGN
        and await acceptor.accepts(program, broker, value)
    ]

    assert passed == []
    assert await _refused_at_home(broker, program, kinds) == []


async def test_matrix_is_whole() -> None:
    taken = {kind for acceptor in ACCEPTORS for kind in acceptor.takes}

    assert len(ACCEPTORS) == 21
    assert len(taken) == 16


async def _refused_at_home(broker: RunningBroker, program: Browser, kinds: dict[str, str]) -> list[tuple[str, str]]:
    """The kinds that are not taken where they belong: they would have proven nothing, or were used up by an attack."""
    return [
        (kind, acceptor.name)
        for acceptor in ACCEPTORS
        for kind in sorted(acceptor.takes)
        if (kind, acceptor.name) != ("session id", "revocation")  # the sign-out link has just ended it
        and not await acceptor.accepts(program, broker, kinds[kind])
    ]
