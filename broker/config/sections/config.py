"""The whole configuration: every section, and what follows from several of them together."""

from dataclasses import field
from typing import Final

from pydantic.dataclasses import dataclass

from broker.config.sections.account import AccountSection
from broker.config.sections.audit_log import AuditLogSection
from broker.config.sections.database import DatabaseSection
from broker.config.sections.hanko import HankoSection
from broker.config.sections.log import LogSection
from broker.config.sections.rate_limiter import RateLimiterSection
from broker.config.sections.secrets import SecretsSection
from broker.config.sections.section import SECTION, Section
from broker.config.sections.server import ServerSection
from broker.config.sections.service import ServiceSection
from broker.config.sections.session import SessionSection
from broker.config.sections.third_party import ThirdPartySection
from broker.config.sections.webhooks import Network, WebhooksSection, loopback
from broker.config.sections.workos import WorkosSection

CALLBACK_PATH: Final = "/thirdparty/callback"
SIGNED_OUT_PATH: Final = "/logout/return"


@dataclass(frozen=True, kw_only=True, config=SECTION)
class Config(Section):
    """What `config.yaml` says, with defaults filled in. Below the wiring each part is given its section only."""

    service: ServiceSection = field(default_factory=ServiceSection)
    server: ServerSection = field(default_factory=ServerSection)
    database: DatabaseSection = field(default_factory=DatabaseSection)
    secrets: SecretsSection = field(default_factory=SecretsSection)
    third_party: ThirdPartySection = field(default_factory=ThirdPartySection)
    session: SessionSection = field(default_factory=SessionSection)
    account: AccountSection = field(default_factory=AccountSection)
    hanko: HankoSection = field(default_factory=HankoSection)
    workos: WorkosSection = field(default_factory=WorkosSection)
    audit_log: AuditLogSection = field(default_factory=AuditLogSection)
    webhooks: WebhooksSection = field(default_factory=WebhooksSection)
    rate_limiter: RateLimiterSection = field(default_factory=RateLimiterSection)
    log: LogSection = field(default_factory=LogSection)

    @property
    def callback_url(self) -> str:
        """Where providers send the browser back to: the shared one."""
        return self.third_party.redirect_url or self.service.public_url + CALLBACK_PATH

    @property
    def signed_out_url(self) -> str:
        """Where a browser comes back to that signed out at a provider."""
        return self.service.public_url + SIGNED_OUT_PATH

    def callback_url_of(self, key: str) -> str:
        """The callback of the custom provider with this key."""
        shared = self.third_party.custom_providers[key].callback == "shared"
        return self.callback_url if shared else f"{self.service.public_url}{CALLBACK_PATH}/custom_{key}"

    @property
    def session_issuer(self) -> str:
        """The `iss` of session tokens."""
        return self.session.issuer or self.service.public_url

    @property
    def session_audience(self) -> tuple[str, ...]:
        """The `aud` of session tokens."""
        return self.session.audience or (self.service.hostname,)

    @property
    def webhook_networks(self) -> tuple[Network, ...]:
        """Where webhooks may be private; on a machine that serves nobody else they may be on it, too."""
        return (*self.webhooks.networks, *(loopback() if self.service.is_loopback else ()))

    @property
    def emulator_may_stand_in(self) -> bool:
        """The one condition under which a provider without credentials is served: staging, on loopback."""
        return self.service.environment == "staging" and self.service.is_loopback

    @property
    def emulator_stands_in(self) -> bool:
        """Whether the built-in emulator plays Microsoft here. Never for a public broker."""
        microsoft = self.third_party.providers.microsoft
        return self.emulator_may_stand_in and microsoft.enabled and not microsoft.has_credentials

    @property
    def makes_secret_file(self) -> bool:
        """Whether the server makes a secret of its own beside the database: none is configured, and none is needed."""
        return not self.secrets.keys and not self.service.is_production and self.database.is_sqlite


def emulator_stands_in(config: Config) -> bool:
    """Whether the built-in emulator plays Microsoft under this configuration."""
    return config.emulator_stands_in
