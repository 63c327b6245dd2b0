"""One-shot faults: what control has queued for the next request to an endpoint.

A fault is either one that Microsoft could answer with (an AADSTS number, or an `error` without one), raised by the
endpoint once the request is known to be answerable, or one of the wire (status, body, delay, a broken connection),
which `disturbance` carries out around the endpoint.
"""

import math
import zlib
from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.types import Scope

from broker.emulator.failures import PageFailure, RedirectFailure, TokenFailure
from broker.emulator.replies import ReplyTo

Endpoint = Literal[
    "authorize",
    "token",
    "discovery",
    "keys",
    "instance",
    "sign_in",
    "identity",
    "graph",
    "logout",
    "consent",
    "admin_consent",
]
_SCOPE_KEY = "emulator.fault"
_CHUNK = 1024 * 1024

_PATHS: dict[str, Endpoint] = {
    "oauth2/v2.0/authorize": "authorize",
    "oauth2/v2.0/token": "token",
    "v2.0/.well-known/openid-configuration": "discovery",
    "discovery/v2.0/keys": "keys",
    "discovery/instance": "instance",
    "login": "sign_in",
    "consent": "consent",
    "oauth2/v2.0/logout": "logout",
    "v2.0/adminconsent": "admin_consent",
    "adminconsent": "admin_consent",
}
_IDENTITY_PATHS = ("/metadata/identity/oauth2/token", "/msi/token")
_GRAPH_PATHS = ("/graph/", "/v1.0/", "/oidc/")


class Fault(BaseModel):
    """One order of control: which request it waits for, and what goes wrong with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: Endpoint
    tenant: str | None = None
    """Only requests with this tenant segment (a domain means its GUID)."""
    times: int = Field(default=1, ge=1, le=100_000)
    seconds: float | None = Field(default=None, gt=0)
    """How long it lasts on the emulator's clock, for every request that fits, in place of `times`."""
    throttle: int | None = Field(default=None, ge=1, le=86_400)
    """For so many seconds: 429 as bare text, with what is left of them as `Retry-After`."""

    aadsts: int | None = Field(default=None, ge=1)
    error: str | None = None
    """The protocol's `error`; with `aadsts` it replaces the usual one, alone the answer has no number."""
    error_description: str | None = None
    error_subcode: str | None = None
    suberror: str | None = None
    claims: str | None = None
    where: Literal["redirect", "page"] = "redirect"
    """At the authorize endpoint: back to the application, or on a page."""

    status: int | None = Field(default=None, ge=200, le=599)
    headers: dict[str, str] = {}
    content_type: str | None = None
    body: str | None = None
    body_base64: Base64Bytes | None = None
    gzip_bomb: int | None = Field(default=None, ge=1, le=512 * 1024 * 1024)
    """Answer with so many bytes of nothing, packed small."""
    delay: float = Field(default=0, ge=0, le=120)
    """Seconds to wait before anything else."""
    truncate: int | None = Field(default=None, ge=0)
    """Close the connection after so many bytes of the body, the length of the whole having been announced."""
    reset: bool = False
    """Break the connection without an answer."""

    @model_validator(mode="after")
    def _has_an_effect(self) -> "Fault":
        if self.model_fields_set <= {"endpoint", "tenant", "times", "seconds", "where"}:
            raise ValueError("says nothing that should go wrong")
        return self

    @property
    def speaks_protocol(self) -> bool:
        """Whether the endpoint itself is to answer with an error."""
        return self.aadsts is not None or self.error is not None

    @property
    def replaces_answer(self) -> bool:
        """Whether the endpoint is not asked at all."""
        return any(value is not None for value in (self.status, self.body, self.body_base64, self.gzip_bomb))

    @property
    def lasts(self) -> float | None:
        """Seconds for which it lasts; None when it is used up by the number of times."""
        return float(self.throttle) if self.throttle is not None else self.seconds

    def throttling(self, left: float) -> "Fault":
        """The same, with the answer of a service that is asked too often."""
        if self.throttle is None:
            return self
        answer = {"status": 429, "body": "Too Many Requests"}
        return self.model_copy(update=answer | {"headers": {"Retry-After": str(math.ceil(left)), **self.headers}})

    def content(self) -> bytes | None:
        """The body to answer with instead."""
        if self.gzip_bomb is not None:
            return _packed_nothing(self.gzip_bomb)
        if self.body_base64 is not None:
            return self.body_base64
        return None if self.body is None else self.body.encode()


def endpoint_of(path: str) -> tuple[str, Endpoint | None]:
    """Tenant segment and endpoint of a request path; managed identities and Graph have no tenant in theirs."""
    if path in _IDENTITY_PATHS:
        return "", "identity"
    if path.startswith(_GRAPH_PATHS):
        return "", "graph"
    tenant, _, rest = path[1:].partition("/")
    return tenant, _PATHS.get(rest)


def put_fault(scope: Scope, fault: Fault) -> None:
    """Hand a fault to the endpoint that will serve this request."""
    scope[_SCOPE_KEY] = fault


def fault_of(request: Request) -> Fault | None:
    """The fault that was handed to this request's endpoint, if there is one."""
    fault: Fault | None = request.scope.get(_SCOPE_KEY)
    return fault


def raise_authorize_fault(request: Request, reply_to: ReplyTo) -> None:
    """Raise the fault queued for this authorization request, if there is one."""
    fault = fault_of(request)
    if fault is None or not fault.speaks_protocol:
        return
    if fault.where == "page":
        raise PageFailure(number=fault.aadsts, error=fault.error, description=fault.error_description, status=200)
    raise RedirectFailure(
        number=fault.aadsts,
        error=fault.error,
        description=fault.error_description,
        subcode=fault.error_subcode,
        claims=fault.claims,
        reply_to=reply_to,
    )


def raise_page_fault(request: Request) -> None:
    """Raise the fault queued for this request to a page of the provider's own, if there is one."""
    fault = fault_of(request)
    if fault is not None and fault.speaks_protocol:
        raise PageFailure(number=fault.aadsts, error=fault.error, description=fault.error_description, status=200)


def raise_token_fault(request: Request) -> None:
    """Raise the fault queued for this token request (or metadata request), if there is one."""
    fault = fault_of(request)
    if fault is None or not fault.speaks_protocol:
        return
    raise TokenFailure(
        number=fault.aadsts,
        error=fault.error,
        description=fault.error_description,
        suberror=fault.suberror,
        claims=fault.claims,
    )


def _packed_nothing(size: int) -> bytes:
    """`size` zero bytes, as gzip."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    whole, rest = divmod(size, _CHUNK)
    parts = [packer.compress(bytes(_CHUNK)) for _ in range(whole)]
    return b"".join((*parts, packer.compress(bytes(rest)), packer.flush()))
