"""Which of Microsoft's discovery documents is ours, and what a domain's directory is called by its GUID.

For `common` and `organizations` the issuer is a template with a placeholder; for a domain the document answers with
the GUID of the directory behind it. Whether that is the directory of before is for `directories` to say.

An application with signing keys of its own (a claims-mapping policy) finds them only where it names itself.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from broker.errors import UpstreamUnavailable
from broker.protocol.discovery import ProviderMetadata, read_metadata
from broker.providers.microsoft.clouds import MSA_TENANT, Cloud
from broker.providers.microsoft.token import GUID, PLACEHOLDER

_ANY_DIRECTORY: Mapping[str, str] = MappingProxyType(
    {"common": PLACEHOLDER, "organizations": PLACEHOLDER, "consumers": MSA_TENANT}
)


class TenantDocuments:
    """Reads the discovery document of one configured tenant; of a domain, remembers the GUID that it named last."""

    def __init__(self, *, cloud: Cloud, tenant: str, signing_application: str | None = None) -> None:
        """`signing_application`: the client id that has signing keys of its own."""
        self._cloud = cloud
        self._query = "" if signing_application is None else f"?appid={signing_application}"
        configured = tenant.lower()
        # The two are one: Microsoft serves personal accounts under either name.
        self._tenant = "consumers" if configured == MSA_TENANT else configured
        self._guid = self._tenant if GUID.fullmatch(self._tenant) else None
        self._issuer = re.compile(re.escape(f"{cloud.authority}/") + f"({GUID.pattern})" + re.escape("/v2.0"))

    @property
    def url(self) -> str:
        """Where the document is."""
        return f"{self._cloud.authority}/{self._tenant}/v2.0/.well-known/openid-configuration{self._query}"

    @property
    def domain(self) -> str | None:
        """The domain, if the tenant is configured by one."""
        by_name = self._tenant in _ANY_DIRECTORY or GUID.fullmatch(self._tenant) is not None
        return None if by_name else self._tenant

    @property
    def tenant(self) -> str:
        """`common`, `organizations`, `consumers`, or the GUID; a domain only until its document was read."""
        return self._guid or self._tenant

    @property
    def token_endpoint(self) -> str:
        """Where an assertion that we sign is good: built from what is pinned, not read in any document.

        A forged document could otherwise have us sign one for somebody else's endpoint (audience injection, the
        subject of the update to RFC 9700). Of a domain this is its directory's GUID, as its document has it.
        """
        return f"{self._cloud.authority}/{self.tenant}/oauth2/v2.0/token"

    def accepts_issuer(self, unverified_issuer: str) -> bool:
        """Whether this can be the issuer of a person whom this tenant segment signs in (RFC 9207 2.4)."""
        found = self._issuer.fullmatch(unverified_issuer)
        if found is None:
            return False
        expected = self._guid or _ANY_DIRECTORY.get(self._tenant, PLACEHOLDER)
        return expected in (PLACEHOLDER, found[1])

    def read(self, unverified_body: bytes) -> ProviderMetadata:
        """The metadata, if it is this tenant's in this cloud. Raises `UpstreamUnavailable` for any other."""
        cloud = self._cloud
        known = None if self.domain else self._guid or _ANY_DIRECTORY.get(self._tenant)
        metadata = read_metadata(
            unverified_body,
            expected_issuer=f"{cloud.authority}/{known}/v2.0" if known else None,
            allowed_origins=cloud.origins,
            insecure_loopback=cloud.insecure_loopback,
        )
        if cloud.instance_name is not None and metadata.cloud_instance_name != cloud.instance_name:
            raise UpstreamUnavailable("metadata: the document of another cloud")
        if known is None:
            self._guid = self.directory_in(metadata)
        if self._query and "?" not in metadata.jwks_uri:
            metadata = replace(metadata, jwks_uri=metadata.jwks_uri + self._query)
        return metadata

    def directory_in(self, metadata: ProviderMetadata) -> str:
        """The GUID that a domain's document names. Raises `UpstreamUnavailable` where it names none."""
        found = self._issuer.fullmatch(metadata.issuer)
        if found is None:
            raise UpstreamUnavailable("metadata: the issuer names no directory of this cloud")
        return found[1]
