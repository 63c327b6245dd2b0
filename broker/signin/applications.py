"""The registered applications: found by client id or API key, each with the places that its sign-ins may end at.

A key is looked up by the hash of all of it, so that nothing can be learned from how long the answer takes.
"""

from collections.abc import Iterable

from broker.crypto import token_hash
from broker.errors import RedirectNotAllowed
from broker.models.applications import Application
from broker.signin.redirects import OriginAllowlist
from broker.signin.registered_targets import RegisteredTargets


class Applications:
    """Those of this configuration. `production`: what they may register is narrower there."""

    def __init__(self, applications: Iterable[Application], *, production: bool, own_origin: str | None = None) -> None:
        """Raises `ConfigError` for patterns that mean nothing. `own_origin` is that of our public URL."""
        self._by_id = {each.client_id: each for each in applications}
        self._by_key = {key_hash: each for each in self._by_id.values() for key_hash in each.api_key_hashes}
        self._targets = {
            each.client_id: RegisteredTargets(each.redirect_uris, production=production, own_origin=own_origin)
            for each in self._by_id.values()
        }
        self._sign_out = {
            each.client_id: RegisteredTargets(each.sign_out_redirects, production=production, own_origin=own_origin)
            for each in self._by_id.values()
        }
        self._origins = {each.client_id: OriginAllowlist(each.allowed_origins) for each in self._by_id.values()}

    def get(self, unverified_client_id: str) -> Application | None:
        """The application of this name."""
        return self._by_id.get(unverified_client_id)

    def all(self) -> tuple[Application, ...]:
        """Every one, as configured."""
        return tuple(self._by_id.values())

    def by_api_key(self, unverified_key: str) -> Application | None:
        """Whose key this is."""
        return self._by_key.get(token_hash(unverified_key))

    def admit(self, client_id: str, unverified_url: str) -> str:
        """A place that its sign-ins may end at, as a browser will see it. Raises `RedirectNotAllowed`."""
        return self._admitted(self._targets, client_id, unverified_url)

    def admit_sign_out(self, client_id: str, unverified_url: str) -> str:
        """A place that somebody may be sent to who signed out of it. Raises `RedirectNotAllowed`."""
        return self._admitted(self._sign_out, client_id, unverified_url)

    def admits_origin(self, client_id: str, unverified_origin: str) -> bool:
        """Whether scripts of this origin may call us for the application."""
        origins = self._origins.get(client_id)
        return origins is not None and origins.admits(unverified_origin)

    def admits_any_origin(self, unverified_origin: str) -> bool:
        """The same, for whichever application: a preflight does not name one."""
        return any(origins.admits(unverified_origin) for origins in self._origins.values())

    @staticmethod
    def _admitted(lists: dict[str, RegisteredTargets], client_id: str, unverified_url: str) -> str:
        targets = lists.get(client_id)
        if targets is None:
            raise RedirectNotAllowed("no-application", "there is no such application")
        return targets.admit(unverified_url)
