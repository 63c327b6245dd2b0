"""What an entry of the corpus says: the story, what is done, and how it must end, by name."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from broker.web.strings import ERRORS
from tests.browsers import Page
from tests.observed import written
from tests.stage import Stage

ERROR_URL = "http://localhost:8888/error"
_ADDRESS = re.compile(r"\w@\w")
_REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}")


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack. It ends at the error URL with `error`, or, where that is `None`, with a bare `status`.

    Nothing is written, but for the state's hash where the attack gets as far as the code (`consumes`). `security` is
    the event counted, `asks` how often the provider's token endpoint was asked, `said` what the log's detail holds.
    """

    name: str
    story: str
    act: Callable[[Stage], Awaitable[Page]]
    error: str | None = None
    status: int = 303
    security: str | None = None
    consumes: bool = False
    asks: int = 0
    said: str | None = None
    where: str = ERROR_URL
    changes: Mapping[str, Any] = field(default_factory=dict)
    https: bool = False


async def ends_as_said(attack: Attack, stage: Stage, lines: list[Any]) -> None:
    """Carry the attack out, and hold its end against the entry."""
    page = await attack.act(stage)
    after = await stage.observe()
    assert page.status == attack.status, (page.status, page.location, page.text)
    _gives_no_session(page, stage)
    assert written(stage.honest.rows, after.rows) == ({"consumed_states": 1} if attack.consumes else {})
    counted = after.counted.since(stage.honest.counted)
    assert dict(counted.security) == ({attack.security: 1} if attack.security else {})
    assert after.calls.get("token", 0) - stage.honest.calls.get("token", 0) == attack.asks
    if attack.error is None:
        assert page.location is None
        assert not counted.outcomes, "an answer that is no redirect ends no sign-in"
    else:
        assert dict(counted.outcomes) == {attack.error: 1}
        _is_told_calmly(attack, page, attack.error)
        _is_told_to_the_operator(attack, page.query["error_reference"], lines)


def _gives_no_session(page: Page, stage: Stage) -> None:
    name = stage.broker.config.session.cookie.name
    assert not [cookie for cookie in page.set_cookies if cookie.startswith(f"{name}=")], "the session is left alone"
    assert "hanko_token" not in (page.location or "")


def _is_told_calmly(attack: Attack, page: Page, error: str) -> None:
    """The configured URL, our code, our sentence, a reference, and not a word of anybody else's."""
    assert page.location is not None
    target = urlsplit(page.location)
    assert target._replace(query="", fragment="").geturl() == attack.where, page.location
    told = page.query
    assert told.keys() == {"error", "error_description", "error_reference"}
    assert (told["error"], told["error_description"]) == (error, ERRORS[error])
    assert _REFERENCE.fullmatch(told["error_reference"])
    assert page.headers["Cache-Control"] == "no-store"


def _is_told_to_the_operator(attack: Attack, reference: str, lines: list[Any]) -> None:
    """The log knows the same reference, why, and no address."""
    [line] = [line for line in lines if line["event"] == "request" and line.get("reference") == reference]
    assert line["outcome"] == attack.error
    assert len(line["detail"]) <= 2048
    assert attack.said is None or attack.said in line["detail"], line["detail"]
    alarms = [line["kind"] for line in lines if line["event"] == "security" and line["reference"] == reference]
    assert alarms == ([attack.security] if attack.security else [])
    for line in lines:
        assert _ADDRESS.search(str(line)) is None, "no address stands in the log"
