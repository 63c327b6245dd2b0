"""The registered applications: found by client id or API key, each with the places that its sign-ins may end at.

A key is looked up by the hash of all of it, so that nothing can be learned from how long the answer takes. What
programs registered beside the configuration is kept by `registrations`, which says here what there is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from broker.crypto import token_hash
from broker.errors import RedirectNotAllowed
from broker.models.applications import Application
from broker.models.registered_urls import RegisteredKind, RegisteredUrl
from broker.signin.redirects import Explanation, OriginAllowlist
from broker.signin.registered_targets import RegisteredTargets, mistake_in, origin_mistake_in
from broker.telemetry.logging import get_logger


@dataclass(frozen=True, kw_only=True)
class _Lists:
    """What one application may name."""

    redirects: RegisteredTargets
    sign_outs: RegisteredTargets
    origins: OriginAllowlist


class Applications:
    """Those of this configuration. `production`: what they may register is narrower there."""

    def __init__(self, applications: Iterable[Application], *, production: bool, own_origin: str | None = None) -> None:
        """Raises `ConfigError` for patterns that mean nothing. `own_origin` is that of our public URL."""
        self._production, self._own_origin = production, own_origin
        self._by_id = {each.client_id: each for each in applications}
        self._by_key = {key_hash: each for each in self._by_id.values() for key_hash in each.api_key_hashes}
        self._lists = {client_id: self._lists_of(each) for client_id, each in self._by_id.items()}

    def get(self, unverified_client_id: str) -> Application | None:
        """The application of this name, as configured."""
        return self._by_id.get(unverified_client_id)

    def all(self) -> tuple[Application, ...]:
        """Every one, as configured."""
        return tuple(self._by_id.values())

    def by_api_key(self, unverified_key: str) -> Application | None:
        """Whose key this is."""
        return self._by_key.get(token_hash(unverified_key))

    def mistake_in(self, kind: RegisteredKind, unverified_url: str) -> str | None:
        """Why nobody can register this, in one sentence: what a configuration is told, too. `None` when it is good."""
        if kind == "origin":
            return origin_mistake_in(unverified_url, production=self._production)
        return mistake_in(unverified_url, production=self._production, own_origin=self._own_origin)

    def adopt(self, registered: Sequence[RegisteredUrl]) -> None:
        """Admit what programs registered, and of what they did before just this.

        What would be a mistake by now (a test installation that went into production) is passed over, and named in the
        log.
        """
        good = [one for one in registered if one.client_id in self._by_id and self._is_good(one)]
        lists = {}
        for client_id, application in self._by_id.items():
            further = [one for one in good if one.client_id == client_id]
            redirects = tuple(one.url for one in further if one.kind == "redirect")
            origins = tuple(one.url for one in further if one.kind == "origin")
            lists[client_id] = self._lists_of(
                replace(
                    application,
                    redirect_uris=application.redirect_uris + redirects,
                    allowed_origins=application.allowed_origins + origins,
                )
            )
        self._lists = lists

    def admit(self, client_id: str, unverified_url: str) -> str:
        """A place that its sign-ins may end at, as a browser will see it. Raises `RedirectNotAllowed`."""
        return self._known(client_id).redirects.admit(unverified_url)

    def admit_sign_out(self, client_id: str, unverified_url: str) -> str:
        """A place that somebody may be sent to who signed out of it. Raises `RedirectNotAllowed`."""
        return self._known(client_id).sign_outs.admit(unverified_url)

    def explain(self, client_id: str, unverified_url: str) -> Explanation:
        """What its lists say of a URL: of places that sign-ins end at, then of those after signing out."""
        lists = self._known(client_id)
        found = lists.redirects.explain(unverified_url)
        signed_out = lists.sign_outs.explain(unverified_url)
        if found.admitted or not signed_out.admitted:
            return found
        return replace(signed_out, sentence=f"{signed_out.sentence}, after signing out only")

    def admits_origin(self, client_id: str, unverified_origin: str) -> bool:
        """Whether scripts of this origin may call us for the application."""
        lists = self._lists.get(client_id)
        return lists is not None and lists.origins.admits(unverified_origin)

    def admits_any_origin(self, unverified_origin: str) -> bool:
        """The same, for whichever application: a preflight does not name one."""
        return any(lists.origins.admits(unverified_origin) for lists in self._lists.values())

    def _is_good(self, registered: RegisteredUrl) -> bool:
        mistake = self.mistake_in(registered.kind, registered.url)
        if mistake is not None:
            log = get_logger()
            log.warning("a registered URL counts no more", application=registered.client_id, detail=mistake)
        return mistake is None

    def _known(self, client_id: str) -> _Lists:
        lists = self._lists.get(client_id)
        if lists is None:
            raise RedirectNotAllowed("no-application", "there is no such application")
        return lists

    def _lists_of(self, application: Application) -> _Lists:
        def targets(patterns: Sequence[str]) -> RegisteredTargets:
            return RegisteredTargets(patterns, production=self._production, own_origin=self._own_origin)

        return _Lists(
            redirects=targets(application.redirect_uris),
            sign_outs=targets(application.sign_out_redirects),
            origins=OriginAllowlist(application.allowed_origins),
        )
