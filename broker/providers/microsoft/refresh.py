"""Microsoft's own tokens, kept and renewed: what is asked for, what an answer must fit, and what a refusal means.

Each use of a refresh token brings a new one and leaves the old one good, so that an answer which got lost loses
nothing. One token request is for one resource: of scopes of several the first one's token is kept, and renewed.
Source: Microsoft's documentation of refresh tokens; OpenID Connect Core section 12; RFC 6749 section 6.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from broker.clock import Clock
from broker.config.sections.microsoft import MicrosoftSection
from broker.crypto import new_id
from broker.errors import ProviderTokenRefused, TokenInvalid
from broker.models.identities import ProviderTokens
from broker.models.provider_tokens import Reason, RefreshGrant
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.excerpt import excerpt
from broker.protocol.id_token import VerifiedClaims
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError, read_answer, refresh_form
from broker.providers.base import Keeping
from broker.providers.microsoft.errors import meaning, numbers_in
from broker.providers.redemption import Redeemer

OFFLINE_ACCESS: Final = "offline_access"
_ALWAYS: Final = ("openid", "profile", OFFLINE_ACCESS)
DEFAULT_LIFETIME: Final = 3599
"""Seconds that an access token is taken to live whose answer does not say: the least that was ever seen."""
LONGEST_LIFETIME: Final = 28 * 3600
_MOST_SCOPES: Final = 200

# A disabled account; one that is not there (any more); one that was deleted.
_DISABLED: Final = frozenset({50057, 50034, 500341})
# Not assigned to the application any more; not in this directory any more.
_NOT_ADMITTED: Final = frozenset({50105, 50020, 51004})
# The organisation wants to see the person more often (sign-in frequency); that is all, though it says "token_expired".
_TOO_LONG_AGO: Final = frozenset({70043})
_REVOKED: Final = frozenset({50089, 50132, 50133, 50173, 700082, 700084, 70008, 70000, 9002313})
_SUBERRORS: Final[dict[str, Reason]] = {
    "consent_required": "consent_required",
    "bad_token": "grant_revoked",
    "token_expired": "grant_revoked",
    "basic_action": "interaction_required",
    "additional_action": "interaction_required",
    "message_only": "interaction_required",
    "protection_policy_required": "interaction_required",
    "device_authentication_failed": "interaction_required",
}
_MEANT: Final[dict[str, Reason]] = {
    "interaction_required": "interaction_required",
    # A rule of the organisation's about device or place: it judges our server here, not the person's device.
    "blocked_by_policy": "interaction_required",
    "consent_required": "consent_required",
    "temporarily_unavailable": "temporarily_unavailable",
    "provider_misconfigured": "provider_misconfigured",
    "server_error": "provider_misconfigured",
}

Verify = Callable[[TokenAnswer, ProviderMetadata], Awaitable[tuple[VerifiedClaims, str]]]
"""The claims of an ID token that passed every check but the nonce's, the tenant policy too, and the subject key."""


class TokenRenewal:
    """The tokens that one registration keeps."""

    def __init__(
        self,
        section: MicrosoftSection,
        *,
        redeemer: Redeemer,
        metadata: Callable[[], Awaitable[ProviderMetadata]],
        clock: Clock,
        verify: Verify,
    ) -> None:
        self.keeping = Keeping(hands_out=section.return_provider_tokens, recheck=section.recheck)
        self._redeemer = redeemer
        self._metadata = metadata
        self._clock = clock
        self._verify = verify

    def further_scopes(self, *, wanted: bool) -> tuple[str, ...]:
        """What a sign-in asks for beside the rest, so that there is something to keep, or to give who wants it."""
        return (OFFLINE_ACCESS,) if self.keeping or wanted else ()

    def tokens_of(self, answer: TokenAnswer, *, wanted: bool) -> ProviderTokens | None:
        """What of a sign-in's answer is to be kept, or to be given who wants it."""
        return kept(answer, now=self._clock.now(), before=None) if self.keeping or wanted else None

    async def refresh(self, grant: RefreshGrant) -> ProviderTokens:
        """Fresh tokens for the same person.

        Raises `ProviderTokenRefused` for what Microsoft said, `TokenInvalid` and `IdentityRefused` for what we say of
        its answer, `UpstreamUnavailable`, `ProviderDenied` where no credential could be presented.
        """
        metadata = await self._metadata()
        scopes = tuple(dict.fromkeys((*_ALWAYS, *grant.scopes)))
        form = refresh_form(refresh_token=grant.refresh_token, scopes=scopes, client_id=self._redeemer.client_id)
        request_id = new_id(self._clock.now_ms())
        said = await self._redeemer.token_request(
            form,
            endpoint=metadata.token_endpoint,
            methods=metadata.token_endpoint_auth_methods,
            headers={"client-request-id": request_id, "return-client-request-id": "true"},
            kind="refresh",  # throttled for asking about everybody at once, we still sign people in
        )
        answer = read_answer(status=said.status, content_type=said.content_type, unverified_body=said.body)
        if isinstance(answer, TokenEndpointError):
            raise refusal(answer, request_id)
        claims, subject_key = await self._verify(answer, metadata)
        check_same_person(claims, subject_key, grant)
        fresh = kept(answer, now=self._clock.now(), before=grant)
        if fresh is None:
            raise TokenInvalid("token_answer", "no access token")
        return fresh


def check_same_person(claims: VerifiedClaims, subject_key: str, grant: RefreshGrant) -> None:
    """`iss` and `sub` are those of the sign-in (OpenID Connect Core 12.2); `iss` holds the key's cloud and `tid`."""
    if subject_key != grant.subject_key:
        raise TokenInvalid("iss", "fresh tokens for another account", security="iss")
    if claims.subject != grant.subject:
        raise TokenInvalid("sub", "fresh tokens for another sub", security="sub_changed")


def kept(answer: TokenAnswer, *, now: int, before: RefreshGrant | None) -> ProviderTokens | None:
    """What to keep of an answer; what it leaves out stays as it was `before` (RFC 6749 sections 5.1 and 6)."""
    if answer.access_token is None:
        return None
    lifetime = DEFAULT_LIFETIME if answer.expires_in is None else min(answer.expires_in, LONGEST_LIFETIME)
    return ProviderTokens(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token or (before.refresh_token if before else None),
        scopes=answer.scope[:_MOST_SCOPES] or (before.scopes if before else ()),
        expires_at=now + lifetime,
    )


def refusal(error: TokenEndpointError, request_id: str) -> ProviderTokenRefused:
    """Our reason for Microsoft's error; its text goes into `detail` only."""
    said = f"error={error.error} {' '.join(map(str, error.codes))} {error.suberror or ''}".strip()
    trace = f"trace: {error.trace_id or 'none'}, client-request-id: {request_id}"
    detail = f"{said}; {trace}; provider said: {excerpt(error.description or '', 512)}"
    return ProviderTokenRefused(detail, code=reason_of(error))


def reason_of(error: TokenEndpointError) -> Reason:
    """By number first, then by `suberror`, then by what the same error means at a sign-in.

    An `invalid_grant` of which we know nothing more means what RFC 6749 says: the grant is gone.
    """
    numbers = frozenset(error.codes or numbers_in(error.description))
    for known, reason in _BY_NUMBER:
        if numbers & known:
            return reason
    if error.suberror in _SUBERRORS:
        return _SUBERRORS[error.suberror]
    meant = _MEANT.get(meaning(error.error, sorted(numbers)).code)
    return meant or ("grant_revoked" if error.error == "invalid_grant" else "invalid_response")


_BY_NUMBER: Final[tuple[tuple[frozenset[int], Reason], ...]] = (
    (_TOO_LONG_AGO, "interaction_required"),
    (_DISABLED, "account_disabled"),
    (_NOT_ADMITTED, "not_admitted"),
    (_REVOKED, "grant_revoked"),
)
