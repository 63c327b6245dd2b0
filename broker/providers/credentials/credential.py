"""What every kind of credential is: it adds to a form what proves us, or says why it cannot.

A kind is a subclass in a file of its own. What it is made of (a secret, a key, another issuer's token) never stands
in a `repr`, an error or a log line; `material` is a hash, by which the list notices that there is something new.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from urllib.parse import urlencode

Kind = Literal["secret", "certificate", "federated_file", "managed_identity"]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_TOKEN = 16 * 1024
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class CredentialUnusable(Exception):
    """This credential cannot be presented now. The text is for the log; `temporary` where another try may help.

    `detail` is ours; `said` is what somebody else said, and belongs to the text alone.
    """

    def __init__(self, detail: str, *, temporary: bool = False, said: str = "") -> None:
        super().__init__(f"{detail}: {said}" if said else detail)
        self.detail = detail
        self.temporary = temporary


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """A request to a token endpoint as yet without proof of who we are.

    `audience` is whom a signed assertion is for; `methods` are what the provider's metadata offers, empty means
    nothing is known.
    """

    client_id: str
    endpoint: str
    audience: str
    form: Mapping[str, str] = field(repr=False)
    methods: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class PreparedForm:
    """A request to a token endpoint, ready to send, with the hash of what proves us. Its text is in no `repr`."""

    body: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    material: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a credential stands, for operators; nothing secret is in it. Times are seconds since the epoch.

    `set_aside_for` is in seconds: how long it waits because the provider refused it; 0 while it does not.
    `problem` says why it could not be presented just now.
    """

    id: str
    kind: Kind
    expires_at: int | None = None
    thumbprint_sha1: str | None = None
    thumbprint_sha256: str | None = None
    set_aside_for: int = 0
    problem: str | None = None


class Credential(ABC):
    """One way to authenticate."""

    kind: ClassVar[Kind]

    def __init__(self, id: str) -> None:
        """`id` is its name in logs and metrics."""
        self.id = id

    @property
    def expires_at(self) -> int | None:
        """Seconds since the epoch: as the certificate says, or as the operator wrote it down."""
        return None

    @abstractmethod
    def material(self) -> str:
        """A hash of what it would present now; another one means that it was exchanged."""

    @abstractmethod
    async def prepare(self, request: TokenRequest) -> PreparedForm:
        """Add what proves us. Raises `CredentialUnusable`."""

    def refused(self) -> None:  # noqa: B027  most keep nothing
        """The provider did not take it: whatever was only cached should be had anew."""

    def standing(self) -> Standing:
        """How it stands."""
        return Standing(id=self.id, kind=self.kind, expires_at=self.expires_at)

    async def close(self) -> None:  # noqa: B027  most hold nothing
        """Close what it holds open."""


def with_assertion(request: TokenRequest, assertion: str, *, material: str) -> PreparedForm:
    """The form with a signed statement of who we are (RFC 7521 section 4.2, RFC 7523 section 2.2)."""
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return PreparedForm(body=urlencode({**request.form, "client_id": request.client_id, **proof}), material=material)


def is_compact(unverified_token: str) -> bool:
    """Whether this has the form of a signed token: three parts of base64url, and nothing that breaks out of a form."""
    return len(unverified_token) <= LONGEST_TOKEN and _COMPACT.fullmatch(unverified_token) is not None
