"""Somebody whom we depend on, asked as a sign-in would ask: the same client, the same certificate authorities.

Each answer also tells the time (RFC 9110 6.6.1), which is how the clocks are compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from broker.clock import Clock
from broker.doctor.finding import Finding
from broker.doctor.no_answer import no_answer
from broker.errors import UpstreamUnavailable
from broker.net.client import Answer, OutboundClient


@dataclass(kw_only=True)
class Upstream:
    """`ca_file_key` says whom we believe there. `skews`: by how many seconds its clock was ahead of ours, each time."""

    client: OutboundClient
    clock: Clock
    ca_file_key: str
    skews: list[int] = field(default_factory=list)

    async def get(self, url: str, *, kind: str, keep_redirects: bool = False) -> Answer | Finding:
        """The answer to a GET, or why there is none."""
        try:
            answer = await self.client.get(url, kind=kind, keep_redirects=keep_redirects)
        except UpstreamUnavailable as error:
            return no_answer(error, url=url, ca_file_key=self.ca_file_key)
        return self._timed(answer)

    async def post_form(self, url: str, body: str, *, kind: str, headers: Mapping[str, str]) -> Answer | Finding:
        """The answer to a form, or why there is none."""
        try:
            answer = await self.client.post_form(url, body, kind=kind, headers=headers)
        except UpstreamUnavailable as error:
            return no_answer(error, url=url, ca_file_key=self.ca_file_key)
        return self._timed(answer)

    def _timed(self, answer: Answer) -> Answer:
        said = _seconds(answer.headers.get("date", ""))
        # An answer out of a cache tells when it was made, and how long ago that was.
        age = answer.headers.get("age", "0").strip()
        if said is not None and age.isascii() and age.isdigit() and len(age) < 10:
            self.skews.append(said + int(age) - self.clock.now())
        return answer


def _seconds(date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(date).replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        return None
