"""421 for a `Host` that is not ours: against DNS rebinding, and a stranger's site that points its name at us.

A program that calls us by an internal name, or by 127.0.0.1 for localhost, means well and learns nothing of why; so the
log names what it called, and the key.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from broker.protocol.excerpt import excerpt
from broker.web.answers import refusal

_HOST_LENGTH = 100


class Hosts:
    """Answers only to our own names; health checks come by address and are excepted.

    `key` is the one that lists further names. `admits_own_address`: also to the address that the request came in by, as
    figures are fetched. No stranger's page has that as its origin.
    """

    def __init__(
        self, app: ASGIApp, *, is_ours: Callable[[str], bool], key: str, admits_own_address: bool = False
    ) -> None:
        self.app = app
        self._is_ours = is_ours
        self._key = key
        self._admits_own_address = admits_own_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Compare the one `Host` header, ignoring ASCII case."""
        if scope["type"] == "http" and not scope["path"].startswith("/health/"):
            given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(given) != 1 or not self._is_admitted(given[0].lower(), scope):
                self._tell(scope, ", ".join(given))
                await refusal(scope, 421)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _tell(self, scope: Scope, unverified_host: str) -> None:
        facts = {"refused_host": excerpt(unverified_host, _HOST_LENGTH), "remedy": f"call us by a name of {self._key}"}
        scope["log_facts"] = scope.get("log_facts", {}) | facts

    def _is_admitted(self, host: str, scope: Scope) -> bool:
        return self._is_ours(host) or (self._admits_own_address and _is_own_address(host, scope.get("server")))


def without_port(host: str) -> str:
    """The name or address in a `Host`, an IPv6 address in its brackets."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _is_own_address(host: str, server: tuple[str, int | None] | None) -> bool:
    return server is not None and without_port(host).strip("[]") == server[0]
