"""An identity: one way to prove being someone, found by (provider, subject key) and never by an address.

`ProviderIdentity` is what a provider's module has verified just now; `Identity` is our record of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

BELIEVED = "trust_personal"
"""Nobody proved this address: the operator chose to believe personal accounts."""

OPERATOR = "operator"
"""An operator says that the address is this person's."""

IMPORTED = "import"
"""Another product called the address verified; by which proof nobody here knows."""

IMPORTED_PROVEN = "import_proven"
"""The same, and the operator knows that its owner proved the mailbox."""

PARTED = "parted"
"""It was proven by an identity that its person has parted with."""

AccountClass = Literal["member", "guest", "personal", "unknown"]


@dataclass(frozen=True, kw_only=True)
class AddressCandidate:
    """An address that came with an identity, already in its canonical spelling.

    `verified_by` says what speaks for it: `xms_edov`, `trusted_tenant` and `email_verified` prove the mailbox;
    `trust_personal` passes for a proof, because the operator said so, as long as nobody else is concerned; `upn` proves
    only that the tenant owns the domain; `None` proves nothing.
    """

    address: str
    verified_by: str | None

    @property
    def proves_mailbox(self) -> bool:
        """Whether the mailbox counts as proven: at the account of who brings it, with nobody else's concerned."""
        return self.verified_by not in (None, "upn")


@dataclass(frozen=True, kw_only=True)
class ProviderTokens:
    """What a provider handed out besides the proof, for calls to its own API. Never printed, stored sealed only.

    `scopes` are those granted, which may be more or fewer than were asked for. `expires_at`: seconds since the epoch.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: int


@dataclass(frozen=True, kw_only=True)
class ProviderIdentity:
    """A person as proven by a provider in this sign-in. Everything in it has been verified or is mere display.

    `session_claims` are what configuration wants in the session token; `missing_claims` the optional claims that the
    registration could send and did not; `tokens` are there where somebody configured that they be kept. `issuer`: whose
    `subject` it is, as the provider's module verified it. `is_operators`: the registration is; at that of a customer's,
    others see other subjects and tokens of the person than those that we keep.
    """

    provider: str
    subject_key: str
    subject: str
    provider_client_id: str
    tenant: str | None = None
    account_class: AccountClass = "unknown"
    candidates: tuple[AddressCandidate, ...] = ()
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    preferred_username: str | None = None
    picture: str | None = None
    roles: tuple[str, ...] = ()
    provider_session_id: str | None = None
    login_hint: str | None = None
    auth_time: int | None = None
    session_claims: Mapping[str, Any] = field(default_factory=dict)
    missing_claims: tuple[str, ...] = ()
    tokens: ProviderTokens | None = None
    emulator: bool = False
    issuer: str | None = None
    is_operators: bool = True

    @property
    def whole_name(self) -> str | None:
        """The name that the provider tells, or else first and last name."""
        if self.name is None and self.given_name is not None and self.family_name is not None:
            return f"{self.given_name} {self.family_name}"
        return self.name


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Our record of an identity and of the user it belongs to; `missing_claims` as of its last sign-in."""

    id: str
    user_id: str
    provider: str
    subject_key: str
    subject: str
    provider_client_id: str
    tenant: str | None
    address: str | None
    emulator: bool
    created_at: int
    last_sign_in_at: int
    missing_claims: tuple[str, ...] = ()
