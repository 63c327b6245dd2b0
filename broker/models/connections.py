"""A connection that waits: an identity that was proven for somebody who is signed in, and is not theirs yet."""

from dataclasses import dataclass

from broker.models.identities import ProviderIdentity


@dataclass(frozen=True, kw_only=True)
class PendingIdentity:
    """`user_id` is who asked for it. `redeemer` and `code_challenge` as in `OneTimeCode`; only the code's hash is kept.

    `failures` counts wrong verifiers. What the provider handed out for its own API is not kept with it.
    """

    code_hash: str
    user_id: str
    redeemer: str | None
    code_challenge: str | None
    identity: ProviderIdentity
    failures: int
    expires_at: int
