"""An audit entry: what happened, to whom, as it is written in the transaction of the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """`type` is a name of `events/catalogue`; `detail` is small and holds no secret."""

    id: str
    type: str
    created_at: int
    user_id: str | None = None
    session_id: str | None = None
    identity_id: str | None = None
    actor: str = "user"
    request_id: str | None = None
    detail: Mapping[str, str | int | bool | None] = field(default_factory=dict)
