"""Redeeming a code: one request to the token endpoint, with the credential, and its answer read.

Shared by every provider that speaks OpenID Connect. A code is sent once: nothing here tries again, and the client
below does so only where not a byte had left us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.models.signins import CodeGrant
from broker.net.client import Answer, OutboundClient
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError, code_form, read_answer
from broker.providers.credentials import Credentials


@dataclass(frozen=True, kw_only=True)
class Redeemer:
    """What stays the same for all codes of one registration."""

    client: OutboundClient
    client_id: str
    callback_url: str
    credentials: Credentials

    async def redeem(
        self, grant: CodeGrant, *, metadata: ProviderMetadata, headers: Mapping[str, str] | None = None
    ) -> TokenAnswer | TokenEndpointError:
        """Send the code and read the tokens, an ID token among them.

        Raises `UpstreamUnavailable`, or `TokenInvalid` for an answer that is none.
        """
        methods = metadata.token_endpoint_auth_methods
        answer = await self.send(grant, endpoint=metadata.token_endpoint, methods=methods, headers=headers)
        return read_answer(status=answer.status, content_type=answer.content_type, unverified_body=answer.body)

    async def send(
        self, grant: CodeGrant, *, endpoint: str, methods: Sequence[str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send the code; the answer is the caller's to read. Raises `UpstreamUnavailable`."""
        form = code_form(
            code=grant.code,
            redirect_uri=self.callback_url,
            code_verifier=grant.code_verifier,
            client_id=self.client_id,
        )
        prepared = self.credentials.prepare(endpoint=endpoint, form=form, methods=methods)
        sent = {**(headers or {}), **prepared.headers}
        return await self.client.post_form(endpoint, prepared.body, kind="token", headers=sent)
