"""Microsoft: what is peculiar to it, put together. People of every directory and personal accounts, in any cloud.

The pieces have files of their own: clouds, documents and domains, the token's chain of checks, tenant policy,
addresses, groups, errors.
"""

from dataclasses import replace

from broker.config.sections.microsoft import MicrosoftSection
from broker.crypto import new_id
from broker.errors import ConfigError, SignInFailed
from broker.models.identities import AccountClass, ProviderIdentity, ProviderTokens
from broker.models.provider_tokens import RefreshGrant
from broker.models.signins import AuthorizationRequest, CodeGrant
from broker.protocol.authorization import UnverifiedAuthorizationError, authorization_url
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.id_token import VerifiedClaims, signing_kid, verify_signature
from broker.protocol.pkce import challenge
from broker.protocol.token_endpoint import TokenAnswer, TokenEndpointError
from broker.providers.base import AccountPolicy, Keeping, ResponseMode, fingerprint
from broker.providers.credentials.ordered import Credentials
from broker.providers.metadata import ProviderDocuments
from broker.providers.microsoft.addresses import account_class
from broker.providers.microsoft.clouds import (
    CLOUDS,
    Cloud,
    custom_cloud,
    emulator_cloud,
)
from broker.providers.microsoft.directories import Directories
from broker.providers.microsoft.documents import TenantDocuments
from broker.providers.microsoft.domains import Domains, TenantMetadata
from broker.providers.microsoft.errors import browser_meaning, meaning, numbers_in
from broker.providers.microsoft.groups import GroupSource, Membership
from broker.providers.microsoft.identity import ID, IdentityRules, policy_of
from broker.providers.microsoft.policy import check_tenant_policy
from broker.providers.microsoft.refresh import TokenRenewal
from broker.providers.microsoft.registration import blames_credential, registration_of
from broker.providers.microsoft.sign_out import SignOut
from broker.providers.microsoft.token import ALGORITHM, Expected, check_refreshed_token, check_token
from broker.providers.redemption import Redeemer
from broker.providers.refusals import refused
from broker.providers.setting import Setting


class MicrosoftProvider:
    """One app registration at Microsoft. Whichever it is, its people are `microsoft`'s: one person is one user."""

    own_callback = False

    def __init__(
        self, section: MicrosoftSection, *, setting: Setting, emulator_url: str | None = None, id: str = ID
    ) -> None:
        """`emulator_url`: the stand-in's base URL, from a caller who made sure that it may stand in, or `None`.

        It is used only where the section has no credentials of its own. Raises `ConfigError` where neither is there.
        """
        self.id = id
        self._section = section
        self._clock = setting.clock
        self._cloud = cloud_of(section, emulator_url)
        self._client_id, credentials = registration_of(section, self._cloud, setting, provider=id)
        self.callback_url = setting.callback_url
        self.registration = fingerprint(self._cloud.authority, section.tenant, self._client_id, self.callback_url)
        self._client = setting.client(provider=ID, named_hosts=self._cloud.named_hosts, ca_file=section.ca_file)
        self._tenant = self._tenant_documents()
        self._documents = self._documents_of(setting)
        self._redeemer = Redeemer(
            client=self._client,
            client_id=self._client_id,
            callback_url=self.callback_url,
            credentials=credentials,
            blames=blames_credential,
            audience=lambda: self._tenant.token_endpoint,
        )
        domains = Domains(cloud=self._cloud.name, memory=setting.directories, clock=setting.clock)
        self._metadata = TenantMetadata(tenant=self._tenant, documents=self._documents, domains=domains)
        self._directories = Directories(
            policy=policy_of(section), cloud=self._cloud, client=self._client, domains=domains, clock=setting.clock
        )
        self._groups = GroupSource(
            mode=section.groups, graph=self._cloud.graph, client=self._client, clock=setting.clock
        )
        self._rules = IdentityRules(section, cloud=self._cloud, client_id=self._client_id)
        self._renewal = TokenRenewal(
            section,
            redeemer=self._redeemer,
            metadata=self._metadata.get,
            clock=setting.clock,
            verify=self._verified_again,
        )
        self._sign_out = SignOut(
            section.logout,
            cloud=self._cloud,
            client_id=self._client_id,
            return_url=setting.signed_out_url,
            documents=self._documents,
        )

    @property
    def display_name(self) -> str:
        """As configured."""
        return self._section.display_name

    @property
    def response_mode(self) -> ResponseMode:
        """As configured."""
        return self._section.response_mode

    @property
    def emulator(self) -> bool:
        """Whether the stand-in answers in Microsoft's place."""
        return self._cloud.emulator

    @property
    def account_policy(self) -> AccountPolicy:
        """As configured."""
        chosen = self._section.email.on_unverified
        policy = AccountPolicy(linking=self._section.linking)
        return policy if chosen is None else replace(policy, on_unverified=chosen, on_unverified_of_applications=chosen)

    @property
    def provider_client_id(self) -> str:
        """The registration's."""
        return self._client_id

    @property
    def subject_prefix(self) -> str:
        """The cloud's: one client id may be registered in several."""
        return self._rules.subject_prefix

    @property
    def keeping(self) -> Keeping:
        """Whether Microsoft's own tokens are kept, and what for."""
        return self._renewal.keeping

    async def refresh(self, grant: RefreshGrant) -> ProviderTokens:
        """Fresh tokens of Microsoft's own."""
        return await self._renewal.refresh(grant)

    @property
    def sign_out_origins(self) -> tuple[str, ...]:
        """Where signing out at Microsoft leads a browser, if that is configured."""
        return self._sign_out.origins

    @property
    def embedders(self) -> tuple[str, ...]:
        """The origins of this cloud's sign-in pages, unless front-channel logout is off."""
        return self._sign_out.embedders

    async def sign_out_url(self, *, logout_hint: str | None, state: str | None) -> str | None:
        """Where to sign out at Microsoft."""
        return await self._sign_out.url(logout_hint=logout_hint, state=state)

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """Where the browser is sent. Raises `UpstreamUnavailable` while the metadata cannot be had."""
        metadata = await self._metadata.get()
        options = request.options
        prompt = options.prompt or self._section.prompt
        extra = {
            # A hint would answer the question that select_account asks.
            "login_hint": options.login_hint if prompt != "select_account" else None,
            "domain_hint": options.domain_hint,
            "prompt": prompt,
            "max_age": str(options.max_age) if options.max_age is not None else None,
        }
        return authorization_url(
            metadata.authorization_endpoint,
            client_id=self._client_id,
            redirect_uri=self.callback_url,
            scopes=self._scopes(request),
            state=request.state,
            nonce=request.nonce,
            code_challenge=challenge(request.code_verifier),
            response_mode=self._section.response_mode,
            extra={name: value for name, value in extra.items() if value is not None},
        )

    def _scopes(self, request: AuthorizationRequest) -> tuple[str, ...]:
        """Those of the configuration, of the request, and what brings tokens that last; each once, in this order."""
        further = self._renewal.further_scopes(wanted=request.wants_tokens)
        return tuple(dict.fromkeys((*self._section.scopes, *request.options.scopes, *further)))

    def accepts_issuer(self, unverified_issuer: str | None) -> bool:
        """Microsoft sends no `iss` today; if one comes, it must be possible for the configured tenant."""
        return unverified_issuer is None or self._tenant.accepts_issuer(unverified_issuer)

    def refusal(self, unverified: UnverifiedAuthorizationError) -> SignInFailed:
        """Our name for an error from the browser. No security event: anybody can craft a callback."""
        found = browser_meaning(unverified)
        return refused(found, unverified_error=unverified.error, unverified_text=unverified.description)

    async def identify(self, grant: CodeGrant) -> ProviderIdentity:
        """Redeem the code, run the token through the whole chain, say who it is."""
        metadata = await self._metadata.get()
        request_id = new_id(self._clock.now_ms())
        headers = {"client-request-id": request_id, "return-client-request-id": "true"}
        answer = await self._redeemer.redeem(grant, metadata=metadata, headers=headers)
        if isinstance(answer, TokenEndpointError):
            raise _token_refusal(answer, request_id)
        claims = await self._verified(answer, grant, metadata)
        await self._metadata.prove(metadata)
        kind = account_class(claims.claims)
        check_tenant_policy(claims.claims, kind=kind, policy=await self._directories.policy())
        return self._rules.identity(
            claims,
            kind=kind,
            membership=await self._groups_of(claims, kind, answer),
            tokens=self._renewal.tokens_of(answer, wanted=grant.wants_tokens),
        )

    def _tenant_documents(self) -> TenantDocuments:
        own_keys = self._client_id if self._section.custom_signing_keys else None
        return TenantDocuments(cloud=self._cloud, tenant=self._section.tenant, signing_application=own_keys)

    def _documents_of(self, setting: Setting) -> ProviderDocuments:
        return ProviderDocuments(
            provider=ID,
            client=self._client,
            discovery_url=self._tenant.url,
            read=self._tenant.read,
            clock=setting.clock,
            on_stale=setting.on_stale,
        )

    async def _groups_of(self, claims: VerifiedClaims, kind: AccountClass, answer: TokenAnswer) -> Membership | None:
        """Nobody is asked for groups that no session wants, or of an account that is in no directory."""
        if "groups" not in self._section.session_claims or kind == "personal":
            return None
        return await self._groups.of(claims.claims, access_token=answer.access_token)

    @property
    def credentials(self) -> Credentials:
        """How we prove who we are."""
        return self._redeemer.credentials

    async def close(self) -> None:
        """Close the connections."""
        await self._documents.close()
        await self._redeemer.credentials.close()
        await self._client.close()

    async def _verified(self, answer: TokenAnswer, grant: CodeGrant, metadata: ProviderMetadata) -> VerifiedClaims:
        claims = await self._signed(answer)
        check_token(claims, self._expected(answer, metadata, nonce=grant.nonce, max_age=grant.max_age))
        return claims

    async def _verified_again(self, answer: TokenAnswer, metadata: ProviderMetadata) -> tuple[VerifiedClaims, str]:
        claims = await self._signed(answer)
        check_refreshed_token(claims, self._expected(answer, metadata))
        kind = account_class(claims.claims)
        check_tenant_policy(claims.claims, kind=kind, policy=await self._directories.policy())
        return claims, self._rules.subject_key(claims)

    async def _signed(self, answer: TokenAnswer) -> VerifiedClaims:
        keys = await self._documents.keys_with(signing_kid(answer.id_token, algorithm=ALGORITHM))
        return verify_signature(answer.id_token, keys=keys, algorithm=ALGORITHM)

    def _expected(
        self, answer: TokenAnswer, metadata: ProviderMetadata, *, nonce: str = "", max_age: int | None = None
    ) -> Expected:
        """What a token must fit; no nonce fits the empty one."""
        return Expected(
            metadata=metadata,
            tenant=self._tenant.tenant,
            cloud_instance_name=self._cloud.instance_name or metadata.cloud_instance_name,
            client_id=self._client_id,
            nonce=nonce,
            now=self._clock.now(),
            max_age=max_age,
            access_token=answer.access_token,
            strict_key_class=self._section.strict_key_class,
        )


def cloud_of(section: MicrosoftSection, emulator_url: str | None) -> Cloud:
    """The cloud that this section means. Raises `ConfigError` where there is none."""
    if not section.has_credentials:
        if emulator_url is None:
            raise ConfigError("third_party.providers.microsoft has no credentials, and no emulator may stand in")
        return emulator_cloud(emulator_url)
    if section.cloud != "custom":
        pinned = CLOUDS[section.cloud]
        return pinned if section.graph is None else replace(pinned, graph=section.graph.rstrip("/"))
    if section.authority is None:
        raise ConfigError("third_party.providers.microsoft.authority is missing: cloud: custom needs it")
    return custom_cloud(authority=section.authority, graph=section.graph, hosts=section.hosts)


def _token_refusal(error: TokenEndpointError, request_id: str) -> SignInFailed:
    found = meaning(error.error, error.codes or numbers_in(error.description))
    trace = f"{error.trace_id or 'none'}, client-request-id: {request_id}"
    return refused(found, unverified_error=error.error, unverified_text=error.description, trace=trace)
