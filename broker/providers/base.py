"""What a provider is to us: it builds an authorization URL, and it turns a code into an identity."""

from dataclasses import dataclass, replace
from typing import Literal, Protocol, runtime_checkable

from broker.crypto import token_hash
from broker.errors import SignInFailed
from broker.models import signins
from broker.models.identities import ProviderIdentity, ProviderTokens
from broker.models.provider_tokens import RefreshGrant
from broker.models.signins import AuthorizationRequest, CodeGrant
from broker.protocol.authorization import UnverifiedAuthorizationError

ResponseMode = signins.ResponseMode
OnUnverified = Literal["refuse", "create_without_email", "create_unverified"]
Linking = Literal["never", "verified_both"]


@dataclass(frozen=True, kw_only=True)
class AccountPolicy:
    """What the operator wants of a new identity of this provider (decisions on addresses and linking).

    `on_unverified_of_applications`: the same where a registered application asked; these are told whether an address
    was proven, and expect people whose address was not.
    """

    on_unverified: OnUnverified = "refuse"
    linking: Linking = "never"
    on_unverified_of_applications: OnUnverified = "create_unverified"

    @property
    def of_applications(self) -> "AccountPolicy":
        """The policy that counts where a registered application asked."""
        return replace(self, on_unverified=self.on_unverified_of_applications)


def fingerprint(*parts: str | None) -> str:
    """16 hex digits of what makes two registrations different: issuer or authority, client id, callback.

    A sign-in remembers it: after a reload its code goes to the registration that issued it, or nowhere.
    """
    return token_hash("\0".join(part or "" for part in parts))[:16]


@runtime_checkable
class SignsOut(Protocol):
    """What a provider has beside the rest whose session may end with ours, and ours with its."""

    @property
    def display_name(self) -> str: ...

    @property
    def sign_out_origins(self) -> tuple[str, ...]:
        """Where a browser passes by that signs out there, too; empty where the operator does not want that."""
        ...

    @property
    def embedders(self) -> tuple[str, ...]:
        """The origins whose pages may frame our front-channel address; empty where that is off."""
        ...

    async def sign_out_url(self, *, logout_hint: str | None, state: str | None) -> str | None:
        """Where the browser is sent to sign out there; `None` if there is no such place. Raises `UpstreamUnavailable`.

        It comes back to `/logout/return` with this `state`.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What a provider's own tokens are kept for, if for anything: to be handed out, or to ask again about the person.

    `recheck`: every so many seconds.
    """

    hands_out: bool = False
    recheck: int | None = None

    def __bool__(self) -> bool:
        return self.hands_out or self.recheck is not None


@runtime_checkable
class KeepsTokens(Protocol):
    """What a provider has beside the rest whose own tokens are kept and renewed."""

    @property
    def provider_client_id(self) -> str:
        """Whom its tokens were issued to: another registration cannot renew them."""
        ...

    @property
    def subject_prefix(self) -> str:
        """What the subject keys of its accounts begin with: tokens of any other account are another authority's, and
        it must not even see them.
        """
        ...

    @property
    def keeping(self) -> Keeping: ...

    async def refresh(self, grant: RefreshGrant) -> ProviderTokens:
        """Fresh tokens for the same person, who was verified anew.

        Raises `ProviderTokenRefused` for what the provider said, `SignInFailed` for what came of asking it.
        """
        ...


class Provider(Protocol):
    """An upstream. Everything it returns has been verified; everything it refuses is a `SignInFailed`.

    `callback_url` is the `redirect_uri` of its requests; with `own_callback` its answers are accepted only on
    `/thirdparty/callback/{id}`. `emulator` marks a stand-in whose identities never count elsewhere.
    """

    @property
    def id(self) -> str: ...

    @property
    def registration(self) -> str:
        """Fingerprint of who is asked, as whom, and where the answer comes in: see `fingerprint`."""
        ...

    @property
    def display_name(self) -> str: ...

    @property
    def response_mode(self) -> ResponseMode: ...

    @property
    def callback_url(self) -> str: ...

    @property
    def own_callback(self) -> bool: ...

    @property
    def emulator(self) -> bool: ...

    @property
    def account_policy(self) -> AccountPolicy: ...

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """Where the browser is sent. Raises `UpstreamUnavailable` while the provider's metadata cannot be had."""
        ...

    def accepts_issuer(self, unverified_issuer: str | None) -> bool:
        """Whether the `iss` parameter of an authorization response can be ours (RFC 9207 section 2.4).

        None at all is accepted unless the provider announced that it always sends one.
        """
        ...

    def refusal(self, unverified: UnverifiedAuthorizationError) -> SignInFailed:
        """Our name for the error that came back through the browser; the provider's text goes into `detail` only."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...

    async def identify(self, grant: CodeGrant) -> ProviderIdentity:
        """Redeem the code, verify the ID token, say who it is.

        Raises `TokenInvalid`, `IdentityRefused`, `ProviderDenied` or `UpstreamUnavailable`.
        """
        ...
