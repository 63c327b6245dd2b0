"""What the two generic providers share: identity, callback, the authorization request, the words for a refusal.

A custom provider is a section of the configuration under a key that the operator chose; its id is `custom_<key>`.
"""

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlsplit

from broker.config.sections.custom_provider import CustomProviderSection
from broker.errors import ConfigError, SignInFailed
from broker.models.identities import ProviderIdentity
from broker.models.signins import AuthorizationRequest
from broker.protocol.authorization import UnverifiedAuthorizationError, authorization_url
from broker.protocol.pkce import challenge
from broker.providers.attributes import Attributes
from broker.providers.base import AccountPolicy, ResponseMode, fingerprint
from broker.providers.credentials.ordered import Credentials
from broker.providers.credentials.secret import ClientSecret
from broker.providers.redemption import Redeemer
from broker.providers.refusals import by_error, refused
from broker.providers.setting import Setting

T = TypeVar("T")


class CustomProvider:
    """The part of a generic provider that does not depend on how it proves a person."""

    response_mode: ResponseMode = "query"
    emulator = False

    def __init__(self, key: str, section: CustomProviderSection, *, setting: Setting) -> None:
        """Raises `ConfigError` for a section that cannot be used."""
        self.id = f"custom_{key}"
        self.own_callback = section.callback == "own"
        self.callback_url = setting.own_callback_url(self.id) if self.own_callback else setting.callback_url
        self._section = section
        self._clock = setting.clock
        self._client_id = self._needed("client_id", section.client_id)
        secret = ClientSecret(id="secret", reveal=self._needed("secret", section.secret).reveal)
        configured = (
            section.issuer,
            section.authorization_endpoint,
            section.token_endpoint,
            section.userinfo_endpoint,
        )
        self.registration = fingerprint(*configured, self._client_id, self.callback_url)
        self._client = setting.client(provider=self.id, named_hosts=hosts(configured), ca_file=section.ca_file)
        self._redeemer = Redeemer(
            client=self._client,
            client_id=self._client_id,
            callback_url=self.callback_url,
            credentials=Credentials(ordered=[secret], clock=setting.clock),
        )

    @property
    def display_name(self) -> str:
        """As configured, otherwise the id."""
        return self._section.display_name or self.id

    @property
    def account_policy(self) -> AccountPolicy:
        """An unproven address never names a new account here: `linking` is the one choice there is."""
        return AccountPolicy(linking=self._section.linking)

    def refusal(self, unverified: UnverifiedAuthorizationError) -> SignInFailed:
        """Our name for an error that came back through the browser."""
        found = by_error(unverified.error)
        return refused(found, unverified_error=unverified.error, unverified_text=unverified.description)

    @property
    def credentials(self) -> Credentials:
        """How we prove who we are."""
        return self._redeemer.credentials

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _authorization_url(self, endpoint: str, request: AuthorizationRequest) -> str:
        section, options = self._section, request.options
        extra = {
            "login_hint": options.login_hint,
            "domain_hint": options.domain_hint,
            "prompt": options.prompt or section.prompt,
            "max_age": str(options.max_age) if options.max_age is not None else None,
            "acr_values": " ".join(section.acr_values) or None,
        }
        return authorization_url(
            endpoint,
            client_id=self._client_id,
            redirect_uri=self.callback_url,
            scopes=tuple(dict.fromkeys((*section.scopes, *options.scopes))),
            state=request.state,
            nonce=request.nonce,
            code_challenge=challenge(request.code_verifier),
            extra={name: value for name, value in extra.items() if value is not None},
        )

    def _identity(self, namespace: str, subject: str, found: Attributes) -> ProviderIdentity:
        """The person whom this namespace (an issuer, or what stands for one) knows by this subject."""
        return ProviderIdentity(
            provider=self.id,
            # No URL has a space, so no other pair of namespace and subject is spelled like this one.
            subject_key=f"{namespace} {subject}",
            subject=subject,
            provider_client_id=self._client_id,
            candidates=found.candidates,
            name=found.name,
            given_name=found.given_name,
            family_name=found.family_name,
            preferred_username=found.preferred_username,
            picture=found.picture,
            issuer=namespace,
        )

    def _needed(self, key: str, value: T | None) -> T:
        if value is None:
            raise ConfigError(f"third_party.custom_providers.{self.id.removeprefix('custom_')}.{key} is missing")
        return value


def hosts(urls: Iterable[str | None]) -> frozenset[str]:
    """The hosts of the URLs that configuration names."""
    return frozenset((urlsplit(url).hostname or "").lower() for url in urls if url is not None)
