"""Bodies: no more than 64 KiB, no longer than ten seconds, and never half of one."""

import asyncio

import pytest
from starlette.types import Message

from broker.web.middleware.body_limit import MOST_BYTES, SECONDS, BodyLimit
from tests.unit.web.asgi import Answer, Seen, a_scope, ask, sent

LENGTH = "content-length"


async def posted(*bodies: bytes, length: str | None = None, seen: Seen | None = None) -> Answer:
    headers = [] if length is None else [(LENGTH, length)]
    return await ask(BodyLimit(seen or Seen()), a_scope("POST", headers=headers), sent(*bodies))


def test_limits_are_those_that_operators_are_told() -> None:
    assert (MOST_BYTES, SECONDS) == (65_536, 10)


async def test_body_of_64_kib_passes_whole() -> None:
    seen = Seen()
    assert (await posted(b"x" * MOST_BYTES, length=str(MOST_BYTES), seen=seen)).status == 200
    assert seen.bodies == [b"x" * MOST_BYTES]


async def test_body_that_comes_in_parts_is_handed_on_whole() -> None:
    seen = Seen()
    assert (await posted(b"one ", b"two ", b"three", seen=seen)).status == 200
    assert seen.bodies == [b"one two three"]


async def test_body_that_is_announced_too_large_is_refused_unread() -> None:
    seen = Seen()
    answer = await posted(b"", length=str(MOST_BYTES + 1), seen=seen)
    assert (answer.status, seen.scopes) == (413, [])


async def test_body_that_grows_too_large_without_announcement_is_refused() -> None:
    seen = Seen()
    answer = await posted(*[b"x" * 1024] * 65, seen=seen)
    assert (answer.status, seen.scopes) == (413, [])


@pytest.mark.parametrize("length", ["-1", "1.0", "+5", "0x10", "ten", "²", "1 1", "", "1,1"])
async def test_length_that_is_no_number_is_refused(length: str) -> None:
    seen = Seen()
    assert ((await posted(b"", length=length, seen=seen)).status, seen.scopes) == (400, [])


async def test_length_of_thousands_of_digits_is_too_large() -> None:
    assert (await posted(b"", length="9" * 5000)).status == 413


async def test_slow_body_is_refused_when_its_time_is_over() -> None:
    seen, first = Seen(), [{"type": "http.request", "body": b"{", "more_body": True}]
    answers: list[Message] = []

    async def receive() -> Message:
        if first:
            return first.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        answers.append(message)

    await BodyLimit(seen, seconds=0.01)(a_scope("POST"), receive, send)
    assert (answers[0]["status"], seen.scopes) == (408, [])


@pytest.mark.parametrize(("bodies", "status"), [([b"x" * (MOST_BYTES + 1)], 413), ([b"x" * 1024] * 65, 413)])
async def test_refused_sender_loses_the_connection_too(bodies: list[bytes], status: int) -> None:
    """Else the rest of the body would go on arriving, for as long as the sender likes."""
    answer = await posted(*bodies)
    assert (answer.status, answer.headers["connection"]) == (status, "close")


async def test_half_of_a_body_reaches_nobody() -> None:
    """Whoever hangs up in the middle has not asked for what the half says."""
    seen = Seen()
    gone: list[Message] = [
        {"type": "http.request", "body": b"state=abc&code=", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answer = await ask(BodyLimit(seen), a_scope("POST"), gone)
    assert (answer.status, seen.scopes) == (400, [])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("headers", [[], [(LENGTH, "0")], [(LENGTH, str(MOST_BYTES))]])
async def test_body_where_none_belongs_is_left_to_the_server(method: str, headers: list[tuple[str, str]]) -> None:
    seen = Seen()
    answer = await ask(BodyLimit(seen), a_scope(method, headers=headers))
    assert (answer.status, len(seen.scopes)) == (200, 1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    ("header", "status"),
    [((LENGTH, str(MOST_BYTES + 1)), 413), (("transfer-encoding", "chunked"), 413), ((LENGTH, "-1"), 400)],
)
async def test_large_body_where_none_belongs_is_refused(method: str, header: tuple[str, str], status: int) -> None:
    seen = Seen()
    answer = await ask(BodyLimit(seen), a_scope(method, headers=[header]))
    assert (answer.status, answer.headers["connection"], seen.scopes) == (status, "close", [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_with_a_body_is_limited(method: str) -> None:
    answer = await ask(BodyLimit(Seen()), a_scope(method, headers=[(LENGTH, "99999999")]))
    assert answer.status == 413
