"""Everything a running emulator remembers, in one object that lives on the application.

Nothing is kept beyond the process. `reset` brings back the first state, except that the signing keys stay: a verifier's
cached keys are no business of a test's clean-up.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from starlette.requests import HTTPConnection

from broker.emulator.access_tokens import AccessTokens
from broker.emulator.clock import Clock
from broker.emulator.clouds import Cloud
from broker.emulator.codes import AuthorizationCodes
from broker.emulator.consents import Consents
from broker.emulator.directory import Directory
from broker.emulator.fault_queue import FaultQueue
from broker.emulator.federated_issuer import FederatedIssuer
from broker.emulator.key_set import KeySet, Publication
from broker.emulator.keys import Keys
from broker.emulator.recorder import Recorder
from broker.emulator.refresh_tokens import RefreshTokens
from broker.emulator.registrations import Registration, default_registrations
from broker.emulator.sessions import Sessions
from broker.emulator.tenants import Segment, Tenants
from broker.emulator.token_changes import ChangeQueue


class Emulator:
    """The state of one emulator, shared by the clouds it serves.

    `bases` are their addresses; a cloud without one takes the address of each request.
    """

    def __init__(self, *, redirect_uris: Sequence[str] = ()) -> None:
        self.bases: dict[Cloud, str] = {}
        self.clock = Clock()
        self.keys = Keys(self.clock)
        self.federated_issuer = FederatedIssuer(self.clock)
        self.key_set = KeySet(self.keys)
        self.tenants = Tenants()
        self.directory = Directory()
        self.consents = Consents()
        self.sessions = Sessions()
        self.codes = AuthorizationCodes(self.clock)
        self.refresh_tokens = RefreshTokens(self.clock)
        self.access_tokens = AccessTokens()
        self.faults = FaultQueue(self.clock, self.tenants)
        self.changes = ChangeQueue()
        self.recorder = Recorder(self.clock)
        self._redirect_uris = tuple(redirect_uris)
        self._logout_url: str | None = None
        self.registrations = self._first_registrations()

    def tell_of_sign_outs(self, logout_url: str) -> None:
        """Register this front-channel logout URL for every application, now and after each reset."""
        self._logout_url = logout_url
        self.registrations = self._first_registrations()

    def reset(self) -> None:
        """Forget faults, records, codes, tokens, consent, and all changes: of tokens, people, registrations, clock."""
        self.clock.reset()
        self.directory.reset()
        self.consents.clear()
        self.refresh_tokens.clear()
        self.key_set.publication = Publication.NORMAL
        self.keys.take_from_applications()
        self.codes.clear()
        self.access_tokens.clear()
        self.faults.clear()
        self.changes.clear()
        self.recorder.clear()
        self.registrations = self._first_registrations()

    def _first_registrations(self) -> dict[str, Registration]:
        made = default_registrations(self._redirect_uris)
        return {key: replace(registration, logout_url=self._logout_url) for key, registration in made.items()}


def emulator_of(connection: HTTPConnection) -> Emulator:
    """The emulator that serves this request."""
    return cast(Emulator, connection.app.state.emulator)


def cloud_of(connection: HTTPConnection) -> Cloud:
    """Which cloud this request came to."""
    return cast(Cloud, connection.app.state.cloud)


def segment_of(connection: HTTPConnection) -> Segment | None:
    """What the tenant segment of this request's path means in its cloud; None if there is no such tenant."""
    return emulator_of(connection).tenants.segment(connection.path_params["tenant"], cloud_of(connection))


def base_of(connection: HTTPConnection) -> str:
    """What every URL and issuer of an answer begins with: the configured base, or the address the request came to."""
    configured = emulator_of(connection).bases.get(cloud_of(connection))
    if configured is not None:
        return configured
    host = connection.headers.get("host", "")
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", host):
        host = "localhost"
    return f"{connection.url.scheme}://{host}"
