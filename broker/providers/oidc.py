"""Any OpenID Provider that publishes a discovery document, by configuration alone (OpenID Connect Core and Discovery).

A person is (issuer, `sub`), proven by an ID token whose signature, audience, nonce and times all held. Attributes
come from that token, or from the userinfo endpoint, which then has to speak of the same `sub`.
"""

from dataclasses import replace

from broker.config.sections.custom_provider import CustomProviderSection
from broker.errors import ProviderDenied
from broker.models.identities import ProviderIdentity
from broker.models.signins import AuthorizationRequest, CodeGrant
from broker.protocol.claims import Claims
from broker.protocol.discovery import ProviderMetadata, read_metadata
from broker.protocol.id_token import Expectations, VerifiedClaims, signing_kid, verify
from broker.protocol.jwt import ALGORITHMS
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError
from broker.protocol.userinfo import read_userinfo
from broker.providers.attributes import attributes
from broker.providers.custom import CustomProvider
from broker.providers.metadata import ProviderDocuments
from broker.providers.refusals import by_error, refused
from broker.providers.setting import Setting


class OidcProvider(CustomProvider):
    """A custom provider with discovery."""

    def __init__(self, key: str, section: CustomProviderSection, *, setting: Setting) -> None:
        """Raises `ConfigError` for a section that cannot be used."""
        super().__init__(key, section, setting=setting)
        self._issuer = self._needed("issuer", section.issuer)
        self._documents = ProviderDocuments(
            provider=self.id,
            client=self._client,
            # Discovery 4.1: a slash at the end of the issuer goes before the path is appended.
            discovery_url=f"{self._issuer.removesuffix('/')}/.well-known/openid-configuration",
            read=self._read,
            clock=setting.clock,
            on_stale=setting.on_stale,
        )

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """Where the browser is sent. Raises `UpstreamUnavailable` while the metadata cannot be had."""
        metadata = await self._documents.metadata()
        return self._authorization_url(metadata.authorization_endpoint, request)

    def accepts_issuer(self, unverified_issuer: str | None) -> bool:
        """The configured issuer, by simple comparison; none only where support was not announced (RFC 9207 2.4)."""
        if unverified_issuer is None:
            known = self._documents.known_metadata
            return known is None or not known.authorization_response_iss_parameter_supported
        return unverified_issuer == self._issuer

    async def identify(self, grant: CodeGrant) -> ProviderIdentity:
        """Redeem the code, verify the ID token, ask userinfo where configured, say who it is."""
        metadata = await self._documents.metadata()
        answer = await self._redeemer.redeem(grant, metadata=metadata)
        if isinstance(answer, TokenEndpointError):
            raise refused(by_error(answer.error), unverified_error=answer.error, unverified_text=answer.description)
        verified = await self._verified(answer, grant, metadata)
        claims = await self._userinfo(answer, verified, metadata) if self._from_userinfo else verified
        found = attributes(claims, mapping=self._section.attribute_mapping)
        identity = self._identity(self._issuer, verified.subject, found)
        return replace(identity, provider_session_id=verified.text("sid"), auth_time=verified.number("auth_time"))

    async def close(self) -> None:
        """Close the connections."""
        await self._documents.close()
        await super().close()

    @property
    def _from_userinfo(self) -> bool:
        return self._section.claims_from == "userinfo"

    def _read(self, unverified_body: bytes) -> ProviderMetadata:
        return read_metadata(
            unverified_body,
            expected_issuer=self._issuer,
            allowed_origins=None,
            insecure_loopback=self._issuer.startswith("http://"),
        )

    async def _verified(self, answer: TokenAnswer, grant: CodeGrant, metadata: ProviderMetadata) -> VerifiedClaims:
        admitted = _algorithms(metadata)
        keys = await self._documents.keys_with(signing_kid(answer.id_token, algorithm=admitted))
        return verify(
            answer.id_token,
            keys=keys,
            algorithm=admitted,
            expectations=Expectations(
                issuer=self._issuer,
                client_id=self._client_id,
                nonce=grant.nonce,
                now=self._clock.now(),
                max_age=grant.max_age,
                acr_values=self._section.acr_values,
                access_token=answer.access_token,
            ),
        )

    async def _userinfo(self, answer: TokenAnswer, verified: VerifiedClaims, metadata: ProviderMetadata) -> Claims:
        if metadata.userinfo_endpoint is None or answer.access_token is None:
            raise ProviderDenied(
                "claims_from: userinfo, but there is no endpoint or no access token for it",
                code="provider_misconfigured",
            )
        said = await self._client.get(
            metadata.userinfo_endpoint,
            kind="userinfo",
            headers={"authorization": f"Bearer {answer.access_token}"},
        )
        return read_userinfo(
            status=said.status,
            content_type=said.content_type,
            unverified_body=said.body,
            subject=verified.subject,
        )


def _algorithms(metadata: ProviderMetadata) -> tuple[str, ...]:
    """What the provider announces and we take; RS256 where it announces nothing of the kind (Core 3.1.3.7)."""
    announced = tuple(name for name in metadata.signing_algorithms if name in ALGORITHMS)
    return announced or ("RS256",)
