"""An audit entry: what happened, to whom, as it is written in the transaction of the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.models.metadata import NO_METADATA, UserMetadata
from broker.models.sessions import Session
from broker.models.users import UserProfile


@dataclass(frozen=True, kw_only=True)
class Requester:
    """Where a request came from, as far as it may be remembered."""

    request_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None


NOBODY = Requester()
"""No request: a command, or our own housekeeping."""


@dataclass(frozen=True, kw_only=True)
class By:
    """Who acts, by a key of the admin API or as a registered application, and where the request came from."""

    api_key: str | None = None
    application: str | None = None
    requester: Requester = NOBODY

    @property
    def named(self) -> Mapping[str, Any]:
        """Who acts, as entries of the trail say it."""
        given = {"api_key": self.api_key, "application": self.application}
        return {name: value for name, value in given.items() if value is not None}


UNNAMED = By()
"""No key: a command, or a program of ours."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """`type` is a name of `events/catalogue`; `detail` is small and holds no secret.

    `subject`, `session`, `organization_id` and `about` are not stored: the user and the session as they were, in which
    organization it happened, and what else it is about, for whoever listens and could not look them up any more.
    """

    id: str
    type: str
    created_at: int
    user_id: str | None = None
    session_id: str | None = None
    identity_id: str | None = None
    actor: str = "user"
    request_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    detail: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    subject: UserProfile | None = field(default=None, compare=False, repr=False)
    subject_metadata: UserMetadata = field(default=NO_METADATA, compare=False, repr=False)
    session: Session | None = field(default=None, compare=False, repr=False)
    organization_id: str | None = field(default=None, compare=False, repr=False)
    about: Any = field(default=None, compare=False, repr=False)
