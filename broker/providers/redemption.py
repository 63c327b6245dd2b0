"""Requests to the token endpoint: the credential added, the answer read. Shared by all who speak OAuth.

A code is redeemed once. What is sent again, with the next credential, is a request whose client authentication
failed: the provider has then not looked at the code (RFC 6749 5.2; Microsoft checks the client first), so there was
no redemption. Whatever else happens, no answer at all included, nothing is tried again; the client below does so
only where not a byte had left us.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from broker.errors import TokenInvalid, UpstreamUnavailable
from broker.models.signins import CodeGrant
from broker.net.client import Answer, OutboundClient
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError, code_form, read_answer
from broker.providers.credentials.credential import Credential, CredentialUnusable, PreparedForm, TokenRequest
from broker.providers.credentials.ordered import Credentials, none_usable

Blame = Callable[[TokenEndpointError, int], bool]


def by_status(error: TokenEndpointError, status: int) -> bool:
    """Whether an error speaks of our credential, where nothing more is known of the provider (RFC 6749 5.2)."""
    return error.error == "invalid_client" and status == 401


@dataclass(frozen=True, kw_only=True)
class Redeemer:
    """What stays the same for all token requests of one registration.

    `blames` says whether an error means the credential; `audience` whom a signed assertion is for, by default the
    endpoint that the request goes to.
    """

    client: OutboundClient
    client_id: str
    callback_url: str
    credentials: Credentials
    blames: Blame = by_status
    audience: Callable[[], str] | None = None

    async def redeem(
        self, grant: CodeGrant, *, metadata: ProviderMetadata, headers: Mapping[str, str] | None = None
    ) -> TokenAnswer | TokenEndpointError:
        """Send the code and read the tokens, an ID token among them.

        Raises `UpstreamUnavailable`, `ProviderDenied`, or `TokenInvalid` for an answer that is none.
        """
        methods = metadata.token_endpoint_auth_methods
        answer = await self.send(grant, endpoint=metadata.token_endpoint, methods=methods, headers=headers)
        return read_answer(status=answer.status, content_type=answer.content_type, unverified_body=answer.body)

    async def send(
        self, grant: CodeGrant, *, endpoint: str, methods: Sequence[str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send the code; the answer is the caller's to read. Raises `UpstreamUnavailable`, `ProviderDenied`."""
        form = code_form(
            code=grant.code,
            redirect_uri=self.callback_url,
            code_verifier=grant.code_verifier,
            client_id=self.client_id,
        )
        return await self.token_request(form, endpoint=endpoint, methods=methods, headers=headers)

    async def token_request(
        self,
        form: Mapping[str, str],
        *,
        endpoint: str,
        methods: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        kind: str = "token",
    ) -> Answer:
        """Send a form (any `grant_type`) with the first credential that can be presented and is not refused.

        `kind` names the request for circuit and figures, so that what holds one kind back does not hold the other.
        Each is tried once. If all are refused the last refusal is the answer, the caller's to read like any other.
        Raises `UpstreamUnavailable`, and `ProviderDenied` (`provider_misconfigured`) where none could be presented.
        """
        audience = self.audience() if self.audience is not None else endpoint
        request = TokenRequest(
            client_id=self.client_id, endpoint=endpoint, audience=audience, form=form, methods=methods
        )
        refusal: Answer | None = None
        reasons: list[CredentialUnusable] = []
        for credential in self.credentials.in_turn():
            try:
                prepared = await credential.prepare(request)
            except CredentialUnusable as reason:
                self.credentials.unusable(credential, reason)
                reasons.append(reason)
                continue
            sent = {**(headers or {}), **prepared.headers}
            answer = await self.client.post_form(endpoint, prepared.body, kind=kind, headers=sent)
            if not self._is_refused(credential, prepared, answer):
                return answer
            refusal = answer
        if refusal is None:
            raise none_usable(reasons)
        return refusal

    def _is_refused(self, credential: Credential, prepared: PreparedForm, answer: Answer) -> bool:
        """Whether the provider took the credential; the list is told."""
        error = self._blamed(answer)
        if error is not None:
            self.credentials.refused(credential, material=prepared.material, detail=_said(error))
        elif answer.status < 500:
            self.credentials.accepted(credential)
        return error is not None

    def _blamed(self, answer: Answer) -> TokenEndpointError | None:
        """The error that means the credential and nothing else, if the answer is one."""
        if answer.status not in (400, 401):
            return None
        try:
            read = read_answer(status=answer.status, content_type=answer.content_type, unverified_body=answer.body)
        except (UpstreamUnavailable, TokenInvalid):
            return None
        if isinstance(read, TokenEndpointError) and self.blames(read, answer.status):
            return read
        return None


def _said(error: TokenEndpointError) -> str:
    numbers = " ".join(map(str, error.codes))
    return f"error={error.error} {numbers} {error.description or ''}".strip()
