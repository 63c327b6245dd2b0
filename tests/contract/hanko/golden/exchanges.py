"""What a real Hanko 2.7.0 answered, exchange by exchange: `recorded/*.json`, one recording a file, numbered from 1.

Values that change stand in angle brackets (`<uuid>`, `<jwt>`, `<rfc3339>` …); `<any>` is whatever was cut away. Left
out everywhere: `Date`, `Content-Length`, `X-Request-Id`, and the `Vary` of CORS.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"
RECORDINGS = ("rest", "tables", "tokens", "thirdparty", "microsoft", "flow", "admin")


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and what was answered. `body` and `answer` are texts, `answer_headers` in their order."""

    recording: str
    number: int
    what: str
    method: str
    target: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    answer_headers: tuple[tuple[str, str], ...] = ()
    answer: str = ""

    @property
    def name(self) -> str:
        """As the page of differences names it."""
        return f"{self.recording} {self.number}"

    def told(self, header: str) -> list[str]:
        """The values of a header of the answer."""
        return [value for name, value in self.answer_headers if name.lower() == header.lower()]


class NotPlayed(Exception):
    """The scene cannot be set with us; the page of differences says why."""


@lru_cache(maxsize=4)
def recorded(recording: str) -> tuple[Exchange, ...]:
    """All exchanges of a recording."""
    rows: list[dict[str, Any]] = json.loads((RECORDED / f"{recording}.json").read_text("utf-8"))
    return tuple(
        Exchange(
            recording=recording,
            **{**row, "answer_headers": tuple((name, value) for name, value in row.get("answer_headers", ()))},
        )
        for row in rows
    )
