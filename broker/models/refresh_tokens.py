"""Refresh tokens: what an application keeps of a session, and gets another of each time it renews its access token."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RefreshFamily:
    """All refresh tokens of one session. `confidential`: they are good only together with the application's secret.

    `sealed_key` derives from each token its successor, so that both rest as hashes alone.
    """

    session_id: str
    client_id: str
    confidential: bool
    sealed_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """One token, by its hash. `rotated_at` is when it was first used, `rotated_by` the hash of that request's name."""

    token_hash: str
    session_id: str
    created_at: int
    rotated_at: int | None = None
    rotated_by: str | None = None
