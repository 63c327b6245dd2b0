"""The browser, or program, that a request came from: what a session's row and the trail remember of it."""

from dataclasses import dataclass

from broker.models.events import Requester


@dataclass(frozen=True, kw_only=True)
class Browser:
    """`session_tokens` are those that it carries, unverified; the rest describes it."""

    session_tokens: tuple[str, ...] = ()
    user_agent: str | None = None
    ip_address: str | None = None
    request_id: str | None = None

    @property
    def requester(self) -> Requester:
        """The same for the trail."""
        return Requester(request_id=self.request_id, ip_address=self.ip_address, user_agent=self.user_agent)
