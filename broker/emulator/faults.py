"""One-shot faults: what control has queued for the next request to an endpoint.

A fault is either one that Microsoft could answer with (an AADSTS number, or an `error` without one), raised by the
endpoint once the request is known to be answerable, or one of the wire (status, body, delay, a broken connection),
which `disturbance` carries out around the endpoint.
"""

from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.types import Scope

from broker.emulator.failures import PageFailure, RedirectFailure, TokenFailure
from broker.emulator.replies import ReplyTo
from broker.emulator.tenants import segment_named

Endpoint = Literal["authorize", "token", "discovery", "keys", "instance", "sign_in", "identity", "graph"]
_SCOPE_KEY = "emulator.fault"

_PATHS: dict[str, Endpoint] = {
    "oauth2/v2.0/authorize": "authorize",
    "oauth2/v2.0/token": "token",
    "v2.0/.well-known/openid-configuration": "discovery",
    "discovery/v2.0/keys": "keys",
    "discovery/instance": "instance",
    "login": "sign_in",
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
    delay: float = Field(default=0, ge=0, le=120)
    """Seconds to wait before anything else."""
    truncate: int | None = Field(default=None, ge=0)
    """Close the connection after so many bytes of the body, the length of the whole having been announced."""
    reset: bool = False
    """Break the connection without an answer."""

    @model_validator(mode="after")
    def _has_an_effect(self) -> "Fault":
        if self.model_fields_set <= {"endpoint", "tenant", "times", "where"}:
            raise ValueError("says nothing that should go wrong")
        return self

    @property
    def speaks_protocol(self) -> bool:
        """Whether the endpoint itself is to answer with an error."""
        return self.aadsts is not None or self.error is not None

    @property
    def replaces_answer(self) -> bool:
        """Whether the endpoint is not asked at all."""
        return self.status is not None or self.content() is not None

    def content(self) -> bytes | None:
        """The body to answer with instead."""
        if self.body_base64 is not None:
            return self.body_base64
        return None if self.body is None else self.body.encode()


class FaultQueue:
    """The faults that wait, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        self._waiting.append((fault, fault.times))

    def take(self, endpoint: str, tenant: str) -> Fault | None:
        """The first fault that fits this request, one time of it used up."""
        for place, (fault, left) in enumerate(self._waiting):
            if fault.endpoint == endpoint and (fault.tenant is None or _same_tenant(fault.tenant, tenant)):
                if left == 1:
                    del self._waiting[place]
                else:
                    self._waiting[place] = (fault, left - 1)
                return fault
        return None

    def clear(self) -> None:
        """Forget all faults."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)


def _same_tenant(one: str, other: str) -> bool:
    first, second = segment_named(one), segment_named(other)
    return first is not None and second is not None and first.key == second.key


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
