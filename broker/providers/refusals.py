"""A provider's error in our words: a code that we chose, and its own text in the log's detail alone.

Decides on `error` and on nothing else (RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6); what a provider says
beyond that, such as Microsoft's numbers, is for its own module.
"""

from dataclasses import dataclass
from types import MappingProxyType

from broker.errors import ProviderDenied, Retry, SignInFailed, UpstreamUnavailable, retry_of
from broker.protocol.excerpt import excerpt

_TEXT_LIMIT = 1024


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """`code` is ours, `reason` finer where a person is told something finer; `hint` says to the log what is behind it.

    `remedy` is what the operator changes; `security` counts only for an answer of the token endpoint.
    """

    code: str
    reason: str = ""
    hint: str = ""
    remedy: str = ""
    security: str | None = None

    @property
    def retry(self) -> Retry:
        """Whether trying again can help the person."""
        return retry_of(self.code)


BY_ERROR = MappingProxyType(
    {
        "access_denied": Meaning(code="access_denied"),
        "login_required": Meaning(code="interaction_required"),
        "interaction_required": Meaning(code="interaction_required"),
        "account_selection_required": Meaning(code="interaction_required"),
        "consent_required": Meaning(code="consent_required"),
        "temporarily_unavailable": Meaning(code="temporarily_unavailable"),
        "server_error": Meaning(code="temporarily_unavailable"),
        "invalid_client": Meaning(code="provider_misconfigured"),
        "unauthorized_client": Meaning(code="provider_misconfigured"),
        "invalid_scope": Meaning(code="provider_misconfigured"),
        "invalid_resource": Meaning(code="provider_misconfigured"),
    }
)


def by_error(unverified_error: str) -> Meaning:
    """The meaning of `error`; what nobody knows is `invalid_response`."""
    return BY_ERROR.get(unverified_error, Meaning(code="invalid_response"))


def refused(
    meaning: Meaning, *, unverified_error: str, unverified_text: str | None, trace: str | None = None
) -> SignInFailed:
    """The error to raise: `UpstreamUnavailable` where another try may help, otherwise `ProviderDenied`."""
    said = [f"error={excerpt(unverified_error)}"]
    if meaning.hint:
        said.append(f"hint: {meaning.hint}")
    if trace:
        said.append(f"trace: {excerpt(trace)}")
    if unverified_text:
        said.append(f"provider said: {excerpt(unverified_text, _TEXT_LIMIT)}")
    detail = "; ".join(said)
    if meaning.code == UpstreamUnavailable.code:
        return UpstreamUnavailable(detail, reason=meaning.reason, remedy=meaning.remedy)
    return ProviderDenied(
        detail, code=meaning.code, security=meaning.security, reason=meaning.reason, remedy=meaning.remedy
    )
