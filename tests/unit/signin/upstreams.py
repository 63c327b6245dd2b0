"""Providers as the rules of a sign-in see them: a few facts, and an authorization URL that shows what it was given."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from broker.errors import ProviderDenied, SignInFailed, UpstreamUnavailable
from broker.models.identities import ProviderIdentity
from broker.models.signins import AuthorizationRequest, CodeGrant
from broker.protocol.authorization import UnverifiedAuthorizationError
from broker.providers.base import AccountPolicy, ResponseMode


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """A provider; `issuer` is the one it answers with, `announces` whether it always does."""

    id: str = "microsoft"
    registration: str = "0123456789abcdef"
    display_name: str = "Microsoft"
    response_mode: ResponseMode = "query"
    callback_url: str = "http://localhost:8000/thirdparty/callback"
    own_callback: bool = False
    emulator: bool = False
    account_policy: AccountPolicy = field(default_factory=AccountPolicy)
    issuer: str = "https://login.example"
    announces: bool = False
    is_down: bool = False

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        if self.is_down:
            raise UpstreamUnavailable("no metadata")
        shown = {"state": request.state, "nonce": request.nonce, "verifier": request.code_verifier}
        return f"https://{self.id}.example/authorize?{urlencode(shown)}"

    def accepts_issuer(self, unverified_issuer: str | None) -> bool:
        return not self.announces if unverified_issuer is None else unverified_issuer == self.issuer

    def refusal(self, unverified: UnverifiedAuthorizationError) -> SignInFailed:
        return ProviderDenied(f"{self.id}: {unverified.error}")

    async def identify(self, grant: CodeGrant) -> ProviderIdentity:
        raise UpstreamUnavailable("nobody is asked here")

    async def close(self) -> None:
        """Nothing is open."""
