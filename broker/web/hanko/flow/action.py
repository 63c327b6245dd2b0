"""What an action is: what it takes, when it is offered, what it does. Each is one file in `actions`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.sessions.lifecycle import LiveSession
from broker.web.broker import Broker
from broker.web.hanko.errors import FlowError, InputError
from broker.web.hanko.flow.inputs import Input
from broker.web.hanko.flow.state import FlowState


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is signed in, where, and what applications keep about them."""

    profile: UserProfile
    sessions: tuple[Session, ...]
    kept: UserMetadata


@dataclass(frozen=True, kw_only=True)
class Context:
    """What an action sees. `initial` is the state to which the flow goes back; `live` is the session, in a profile."""

    request: Request
    broker: Broker
    state: FlowState
    initial: str
    live: LiveSession | None = None
    person: Person | None = None

    @property
    def owner(self) -> UserProfile:
        """Whose profile it is, as read for this request."""
        assert self.person is not None  # noqa: S101 - the engine reads them wherever it demands a session
        return self.person.profile

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Their living sessions."""
        return () if self.person is None else self.person.sessions

    @property
    def kept(self) -> UserMetadata:
        """What applications keep about them."""
        return NO_METADATA if self.person is None else self.person.kept

    @property
    def session(self) -> LiveSession:
        """The session that the engine demanded."""
        assert self.live is not None  # noqa: S101 - the engine answers 401 without one
        return self.live


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where the flow stands after an action, and what goes with the answer.

    `headers` are added to the answer, repeated ones included (cookies). `input_errors` belong to the action that ran.
    """

    state: FlowState
    payload: Mapping[str, Any] = field(default_factory=dict)
    error: FlowError | None = None
    input_errors: Mapping[str, InputError] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that a client may do. `description` is for whoever reads the answers; no client shows it."""

    name: str
    description: str
    run: Callable[[Context, Mapping[str, Any]], Awaitable[Step]]
    inputs: Callable[[Context], tuple[Input, ...]] = lambda _: ()
    offered: Callable[[Context], bool] = lambda _: True
