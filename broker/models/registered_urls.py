"""A place that a program registered for its application: where sign-ins may end, or whose scripts may call us."""

from dataclasses import dataclass
from typing import Literal

RegisteredKind = Literal["redirect", "origin"]


@dataclass(frozen=True, kw_only=True)
class RegisteredUrl:
    """`url` is as the program wrote it, and was checked then. `created_at` in seconds; 0: the configuration says it."""

    id: str
    client_id: str
    kind: RegisteredKind
    url: str
    created_at: int
