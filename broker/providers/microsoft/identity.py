"""Verified claims → who it is to us: the key of the account, its addresses by their proof, what the session keeps.

An account is (cloud, `tid`, `oid`) and nothing that can be renamed or given to somebody else. The cloud is part of it,
for each verifies domains and numbers its accounts for itself.
"""

from broker.config.sections.microsoft import MicrosoftSection
from broker.models.identities import AccountClass, ProviderIdentity, ProviderTokens
from broker.protocol.id_token import VerifiedClaims
from broker.providers.microsoft.addresses import AddressRules, candidates, trusted_domains
from broker.providers.microsoft.clouds import Cloud
from broker.providers.microsoft.groups import Membership
from broker.providers.microsoft.policy import TenantPolicy
from broker.providers.microsoft.session_claims import missing_claims, session_claims

ID = "microsoft"


class IdentityRules:
    """How one registration's people are read."""

    def __init__(self, section: MicrosoftSection, *, cloud: Cloud, client_id: str) -> None:
        self._section = section
        self._cloud = cloud
        self._client_id = client_id
        email = section.email
        self._addresses = AddressRules(
            sources=email.sources,
            trusted_domains=trusted_domains([(trusted.tenant, trusted.domains) for trusted in email.trusted_tenants]),
            trust_personal=email.trust_personal,
        )

    @property
    def subject_prefix(self) -> str:
        """What the subject keys of this cloud's accounts begin with."""
        return f"{self._cloud.name}:".lower()

    def subject_key(self, claims: VerifiedClaims) -> str:
        """What the account is found by."""
        return f"{self.subject_prefix}{claims.claims['tid']}:{claims.claims['oid']}".lower()

    def identity(
        self,
        claims: VerifiedClaims,
        *,
        kind: AccountClass,
        membership: Membership | None,
        tokens: ProviderTokens | None,
    ) -> ProviderIdentity:
        """The identity, from claims that passed the whole chain and the tenant policy."""
        return ProviderIdentity(
            provider=ID,
            subject_key=self.subject_key(claims),
            subject=claims.subject,
            provider_client_id=self._client_id,
            tenant=claims.claims["tid"],
            account_class=kind,
            candidates=candidates(claims.claims, kind=kind, rules=self._addresses),
            name=claims.display("name"),
            given_name=claims.display("given_name"),
            family_name=claims.display("family_name"),
            preferred_username=claims.display("preferred_username"),
            roles=claims.texts("roles"),
            provider_session_id=claims.text("sid"),
            login_hint=claims.text("login_hint"),
            auth_time=claims.number("auth_time"),
            session_claims=session_claims(claims, self._section, membership=membership),
            missing_claims=missing_claims(claims.claims, self._section, kind=kind),
            tokens=tokens,
            emulator=self._cloud.emulator,
            issuer=claims.issuer,
        )


def policy_of(section: MicrosoftSection) -> TenantPolicy:
    """The configured lists, whose entries may still be domains."""
    tenants = section.tenants
    return TenantPolicy(
        allow=frozenset(tenants.allow), deny=frozenset(tenants.deny), personal=tenants.personal, guests=tenants.guests
    )
