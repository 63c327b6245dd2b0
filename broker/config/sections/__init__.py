"""One frozen dataclass for each block of `config.yaml`, with its own checks; attributes are the file's keys."""

from broker.config.sections.account import AccountSection
from broker.config.sections.address import Address
from broker.config.sections.audit_log import AuditLogSection
from broker.config.sections.config import CALLBACK_PATH, Config, emulator_stands_in
from broker.config.sections.credentials import CredentialSection
from broker.config.sections.custom_provider import CustomProviderSection
from broker.config.sections.database import DatabaseSection, DatabaseUrl, PoolSection
from broker.config.sections.hanko import HankoSection
from broker.config.sections.log import LogSection
from broker.config.sections.microsoft import LogoutSection, MicrosoftSection, ProviderTokensSection
from broker.config.sections.quantities import Rate
from broker.config.sections.rate_limiter import RateLimiterSection
from broker.config.sections.secret import Secret
from broker.config.sections.secrets import SecretsSection
from broker.config.sections.server import AdminSection, CorsSection, PublicSection, ServerSection
from broker.config.sections.service import ServiceSection
from broker.config.sections.session import CookieSection, JwtSection, JwtTemplateSection, SessionSection
from broker.config.sections.tenants import EmailSection, TenantsSection, TrustedTenantSection
from broker.config.sections.third_party import ProvidersSection, ThirdPartySection
from broker.config.sections.tls import TlsSection
from broker.config.sections.webhooks import WebhooksSection
from broker.config.sections.workos import WorkosSection

__all__ = [
    "CALLBACK_PATH",
    "AccountSection",
    "Address",
    "AdminSection",
    "AuditLogSection",
    "Config",
    "CookieSection",
    "CorsSection",
    "CredentialSection",
    "CustomProviderSection",
    "DatabaseSection",
    "DatabaseUrl",
    "EmailSection",
    "HankoSection",
    "JwtSection",
    "JwtTemplateSection",
    "LogSection",
    "LogoutSection",
    "MicrosoftSection",
    "PoolSection",
    "ProviderTokensSection",
    "ProvidersSection",
    "PublicSection",
    "Rate",
    "RateLimiterSection",
    "Secret",
    "SecretsSection",
    "ServerSection",
    "ServiceSection",
    "SessionSection",
    "TenantsSection",
    "ThirdPartySection",
    "TlsSection",
    "TrustedTenantSection",
    "WebhooksSection",
    "WorkosSection",
    "emulator_stands_in",
]
