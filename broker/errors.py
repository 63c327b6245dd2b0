"""The error tree: what can go wrong, by name.

An error carries a stable `code` (what callers and redirects see), a private `detail` (for the log only) and, where
somebody may be attacking, the `security` kind under which it is counted. Statuses and sentences live with the
surface that spells them (`web/strings`, `web/errors`): inside, an error only has a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Retry = Literal["yes", "other_account", "no"]
"""What a person may try who was not signed in: the same again, with another account, or nothing."""


class BrokerError(Exception):
    """Anything that we foresee going wrong.

    `code` is stable and public, `detail` is for the log, never for a person. `security` names the kind of security
    event, `None` for an ordinary mishap. `retry_after` is in seconds. `reason` is finer than `code`, where a person is
    told something finer; `remedy` tells the operator, in the log, what to change.
    """

    code: str = "server_error"
    security: str | None = None
    reason: str = ""

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        security: str | None = None,
        retry_after: int | None = None,
        reason: str | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        if reason is not None:
            self.reason = reason
        if code is not None:
            self.code = code
        if security is not None:
            self.security = security
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


# --- at start or reload, never in a request -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ConfigMistake:
    """One thing wrong in the configuration: where (`file`, `line` from 1, dotted `key`), what, and what was meant."""

    message: str
    key: str = ""
    file: str = ""
    line: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        parts = [part for part in (place, self.key) if part]
        text = ": ".join([*parts, self.message])
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(BrokerError):
    """The configuration cannot be used; `mistakes` holds every one that was found."""

    code = "configuration"

    def __init__(self, mistakes: Sequence[ConfigMistake] | str) -> None:
        found = (ConfigMistake(message=mistakes),) if isinstance(mistakes, str) else tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in found))
        self.mistakes = found


# --- the caller's fault -------------------------------------------------------------------------------------------


class Rejected(BrokerError):
    """A request that we do not serve, through the caller's fault."""

    code = "invalid_request"


class InvalidRequest(Rejected):
    """A parameter or body is missing, malformed, repeated or not admitted. `detail` may be shown to the caller."""


class NotAuthenticated(Rejected):
    """There is no session, or no API key, that we accept."""

    code = "not_authenticated"


class NotPermitted(Rejected):
    """Whoever asks may not do this."""

    code = "not_permitted"


class NotFound(Rejected):
    """What was asked for is not there, or not for this caller."""

    code = "not_found"


class Conflict(Rejected):
    """The change does not fit what is already there."""

    code = "conflict"


class CodeExpired(Rejected):
    """A one-time code that came too late."""

    code = "expired"


class GrantRefused(Rejected):
    """A code or refresh token that is not honoured, or not for whoever brings it (RFC 6749 section 5.2).

    `code` is `invalid_grant`, or finer; `detail` may be shown to the caller and says the same of every reason that an
    attacker could learn from.
    """

    code = "invalid_grant"


class RateLimited(Rejected):
    """Too many requests from one address; `retry_after` seconds until the next is served."""

    code = "rate_limited"


class RedirectNotAllowed(Rejected):
    """A redirect target that the allowlist does not admit; `rule` names what refused it.

    The browser goes to the configured error URL, never to the refused target.
    """

    def __init__(self, rule: str, detail: str = "", *, remedy: str = "") -> None:
        super().__init__(
            detail or f"redirect target refused: {rule}",
            remedy=remedy or "third_party.allowed_redirect_urls; broker redirects explain URL tells why",
        )
        self.rule = rule


# --- this sign-in ends --------------------------------------------------------------------------------------------


class SignInFailed(BrokerError):
    """This sign-in ends here; `code` is the `error=` that the error URL receives."""

    code = "server_error"


class SignInExpired(SignInFailed):
    """No usable cookie for this state: absent, expired, or its signature does not hold."""

    code = "sign_in_expired"


class SignInUsed(SignInFailed):
    """This state was consumed before."""

    code = "already_used"


class BrowserMismatch(SignInFailed):
    """The cookie is genuine but was made for another state: somebody swapped sign-ins."""

    code = "wrong_browser"
    security = "wrong_browser"


class ResponseInvalid(SignInFailed):
    """What came through the browser is not an answer to our authorization request."""

    code = "invalid_request"


class ProviderDenied(SignInFailed):
    """The provider answered with an error; `code` is ours, chosen from it."""

    code = "access_denied"


class TokenInvalid(SignInFailed):
    """An ID token or token answer failed a check; `check` names it (spec step, for instance `nonce`)."""

    code = "invalid_response"

    def __init__(
        self, check: str, detail: str = "", *, code: str | None = None, security: str | None = None, remedy: str = ""
    ) -> None:
        super().__init__(f"{check}: {detail}" if detail else check, code=code, security=security, remedy=remedy)
        self.check = check


class IdentityRefused(SignInFailed):
    """The person is proven, but not admitted (tenant, account class, address, lock)."""

    code = "tenant_not_allowed"

    @classmethod
    def locked(cls, user_id: str) -> "IdentityRefused":
        """The operator locked the user. The log has the id, for whoever is asked why."""
        return cls(f"the user {user_id} is locked", code="account_locked", remedy=f"broker users unlock {user_id}")


class LinkingRefused(SignInFailed):
    """The identity cannot be given an account here."""

    code = "user_conflict"


class ProviderTokenRefused(BrokerError):
    """There is no token of the provider's to be had now; `code` is a `Reason` of `models/provider_tokens`."""

    code = "not_kept"


# --- others ---------------------------------------------------------------------------------------------------------


class UpstreamUnavailable(SignInFailed):
    """The provider is slow, down or speaks nonsense; another try may work."""

    code = "temporarily_unavailable"


class StoreError(BrokerError):
    """The database did not do what was asked."""

    code = "server_error"


class NotUnique(StoreError):
    """A row with this key is already there: somebody else was faster."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, or did not answer in time."""

    code = "temporarily_unavailable"


class SchemaMismatch(StoreError):
    """The schema is older (and we may not migrate) or newer than this program."""


class SealBroken(BrokerError):
    """A sealed value cannot be opened: no configured secret fits (`secret_id` is the one needed), or it was altered."""

    def __init__(self, detail: str, *, secret_id: str) -> None:
        super().__init__(detail)
        self.secret_id = secret_id


_RETRY: Mapping[str, Retry] = MappingProxyType(
    {
        "access_denied": "yes",
        "already_used": "yes",
        "interaction_required": "yes",
        "invalid_response": "yes",
        "server_error": "yes",
        "sign_in_expired": "yes",
        "temporarily_unavailable": "yes",
        "wrong_browser": "yes",
        "account_locked": "other_account",
        "blocked_by_policy": "other_account",
        "not_assigned": "other_account",
        "not_in_organization": "other_account",
        "signup_disabled": "other_account",
        "tenant_not_allowed": "other_account",
        "unverified_email": "other_account",
        "user_conflict": "other_account",
        "wrong_account_type": "other_account",
    }
)


def retry_of(code: str) -> Retry:
    """What a person may try whose sign-in ended with this `error=`; nothing, where somebody else has to act first."""
    return _RETRY.get(code, "no")
