"""How Microsoft says no: on a page of its own, in the redirect back, or in the JSON of the token endpoint.

Handlers raise one of three exceptions, which `failure_answers` spells. The sentences are ours (`aadsts`).
"""

from dataclasses import dataclass

from broker.emulator.aadsts import code
from broker.emulator.replies import ReplyTo


@dataclass(kw_only=True, eq=False)
class Failure(Exception):
    """Something is refused. Without `number` the answer carries no AADSTS text at all, as half of the service does."""

    number: int | None = None
    error: str | None = None
    description: str | None = None
    subcode: str | None = None
    suberror: str | None = None
    claims: str | None = None

    def error_name(self) -> str:
        """The `error` member or parameter of the answer."""
        return self.error or (code(self.number).error if self.number is not None else "invalid_request")

    def text(self) -> str | None:
        """The sentence of the answer, with the number in front where there is one."""
        if self.number is None:
            return self.description
        return f"AADSTS{self.number}: {self.description or code(self.number).text}"


@dataclass(kw_only=True, eq=False)
class PageFailure(Failure):
    """Ends on the provider's own page; the application never hears of it."""

    status: int = 400
    choose_again: str | None = None
    """Address of the sign-in page, where choosing another account may help."""


@dataclass(kw_only=True, eq=False)
class RedirectFailure(Failure):
    """Goes back to the application by its redirect URI."""

    reply_to: ReplyTo


@dataclass(kw_only=True, eq=False)
class TokenFailure(Failure):
    """The token endpoint's (and the metadata endpoints') refusal, as JSON."""

    def error_name(self) -> str:
        """As everywhere, but a few faults have another name at the token endpoint."""
        if self.error is None and self.number is not None:
            return code(self.number).error_at_token
        return super().error_name()

    def status(self) -> int:
        """401 for a client that did not authenticate, 503 while the service is down, 400 for all else."""
        return {"invalid_client": 401, "temporarily_unavailable": 503}.get(self.error_name(), 400)
