"""A registration at Microsoft with each of its parts within reach, built of the same parts as the provider's.

A sign-in uses all of them at once and ends with the first that fails; an examination tries one after the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from broker.clock import Clock
from broker.config.sections.config import Config
from broker.config.sections.microsoft import MicrosoftSection
from broker.crypto import opaque_token
from broker.doctor.upstream import Upstream
from broker.protocol.authorization import authorization_url
from broker.protocol.discovery import ProviderMetadata
from broker.protocol.pkce import challenge
from broker.providers.credentials.credential import Credential
from broker.providers.credentials.ordered import Credentials
from broker.providers.microsoft.clouds import Cloud
from broker.providers.microsoft.documents import TenantDocuments
from broker.providers.microsoft.identity import ID
from broker.providers.microsoft.provider import cloud_of
from broker.providers.microsoft.registration import registration_of
from broker.providers.setting import Setting

KEY: Final = "third_party.providers.microsoft"


@dataclass(kw_only=True)
class Registration:
    """`metadata` is there once the discovery document was read and found to be ours.

    `is_served` once the sign-in page was seen to serve this registration with this tenant.
    """

    section: MicrosoftSection
    cloud: Cloud
    client_id: str
    callback_url: str
    upstream: Upstream
    documents: TenantDocuments
    credentials: Credentials = field(repr=False)
    metadata: ProviderMetadata | None = None
    is_served: bool = False

    def each_credential(self) -> list[Credential]:
        """All of them, in the operator's order."""
        by_id = {credential.id: credential for credential in self.credentials.in_turn()}
        return [by_id[standing.id] for standing in self.credentials.standing()]

    def silent_url(self, endpoint: str) -> str:
        """The request of a sign-in that may show nobody a page (`prompt=none`), for `endpoint`."""
        return authorization_url(
            endpoint,
            client_id=self.client_id,
            redirect_uri=self.callback_url,
            scopes=self.section.scopes,
            state=opaque_token(),
            nonce=opaque_token(),
            code_challenge=challenge(opaque_token()),
            extra={"prompt": "none"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.credentials.close()
        await self.upstream.client.close()


def registration(
    config: Config, *, clock: Clock, environ: Mapping[str, str], emulator_url: str | None
) -> Registration | None:
    """The registration, or `None` where Microsoft is off. Raises `ConfigError`."""
    section = config.third_party.providers.microsoft
    if not section.enabled:
        return None
    setting = Setting(
        callback_url=config.callback_url,
        own_callbacks="",
        signed_out_url=config.signed_out_url,
        clock=clock,
        environ=environ,
    )
    cloud = cloud_of(section, emulator_url)
    client_id, credentials = registration_of(section, cloud, setting, provider=ID)
    client = setting.client(provider=ID, named_hosts=cloud.named_hosts, ca_file=section.ca_file)
    return Registration(
        section=section,
        cloud=cloud,
        client_id=client_id,
        callback_url=config.callback_url,
        upstream=Upstream(client=client, clock=clock, ca_file_key=f"{KEY}.ca_file"),
        documents=TenantDocuments(cloud=cloud, tenant=section.tenant),
        credentials=credentials,
    )
