"""`third_party.providers.microsoft`: Microsoft as a provider, within the limits of an app registration.

The checks are those that would otherwise fail at the first sign-in, with an AADSTS number in front of a person.
"""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, StringConstraints
from pydantic.dataclasses import dataclass

from broker.config.sections.credentials import GUID, CredentialSection, list_complaints, secret_complaints
from broker.config.sections.files import ExistingFile
from broker.config.sections.patterns import OriginPattern, RedirectPattern
from broker.config.sections.quantities import Duration
from broker.config.sections.scopes import ScopeList, resources_of, scope_complaints
from broker.config.sections.secret import Secret
from broker.config.sections.section import SECTION, Complaint, Section, Switch, Unfit
from broker.config.sections.tenants import EmailSection, TenantsSection
from broker.config.sections.urls import HostName, OriginUrl, WebUrl, is_secure, split_url

EMULATOR_CLIENT_IDS: Final = "c11e0000-0000-4000-8000-"
SHORTEST_RECHECK: Final = 300
EMULATOR_SECRETS: Final = ("emulator-secret", "emulator-secret-2")
DOD_GRAPH: Final = "https://dod-graph.microsoft.us"
"""The Graph of the Department of Defense, whose accounts sign in where all of US Government does."""
_GROUP_SCOPES: Final = frozenset({"groupmember.read.all", "group.read.all", "directory.read.all"})
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)


def _client_id(text: str) -> str:
    if not GUID.fullmatch(text):
        raise Unfit("is no GUID", 'use the "Application (client) ID" of the app registration')
    return text.lower()


def _tenant(text: str) -> str:
    lowered = text.lower()
    if lowered in ("common", "organizations", "consumers") or GUID.fullmatch(text) or _DOMAIN.fullmatch(lowered):
        return lowered
    raise Unfit("is no tenant", "common, organizations, consumers, a directory's GUID, or one of its domains")


ClientId = Annotated[str, AfterValidator(_client_id)]
Tenant = Annotated[str, AfterValidator(_tenant)]
SessionClaim = Literal["tid", "oid", "sid", "auth_time", "amr", "acrs", "roles", "groups"]
Prompt = Literal["login", "select_account", "consent", "none"]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class LogoutSection(Section):
    """Signing out at Microsoft too."""

    rp_initiated: Switch = False
    frontchannel: Switch = True
    redirects: tuple[RedirectPattern, ...] = ()


@dataclass(frozen=True, kw_only=True, config=SECTION)
class ProviderTokensSection(Section):
    """Handing Microsoft's own tokens to applications."""

    by_session: Switch = False
    origins: tuple[OriginPattern, ...] = ()


@dataclass(frozen=True, kw_only=True, config=SECTION)
class MicrosoftSection(Section):
    """One app registration. Without credentials it is enabled only where the emulator may stand in."""

    enabled: Switch = True
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "Microsoft"
    client_id: ClientId | None = None
    secret: Secret | None = None
    credentials: tuple[CredentialSection, ...] = ()
    cloud: Literal["global", "usgov", "china", "custom"] = "global"
    authority: OriginUrl | None = None
    graph: WebUrl | None = None
    hosts: tuple[HostName, ...] = ()
    ca_file: ExistingFile | None = None
    tenant: Tenant = "common"
    scopes: ScopeList = ("openid", "profile", "email")
    extra_scopes_allowed: ScopeList = ()
    response_mode: Literal["query", "form_post"] = "query"
    prompt: Prompt | None = None
    tenants: TenantsSection = field(default_factory=TenantsSection)
    email: EmailSection = field(default_factory=EmailSection)
    linking: Literal["never", "verified_both"] = "never"
    groups: Literal["off", "token", "graph"] = "off"
    roles: Literal["token"] = "token"
    session_claims: tuple[SessionClaim, ...] = ()
    return_provider_tokens: Switch = False
    recheck: Duration | None = None
    custom_signing_keys: Switch = False
    strict_key_class: Switch = True
    logout: LogoutSection = field(default_factory=LogoutSection)
    provider_tokens: ProviderTokensSection = field(default_factory=ProviderTokensSection)

    @property
    def all_credentials(self) -> tuple[CredentialSection, ...]:
        """`credentials`, or the one that `secret` is short for."""
        return (CredentialSection(value=self.secret),) if self.secret is not None else self.credentials

    @property
    def has_credentials(self) -> bool:
        """Whether anything at all was given to prove who we are."""
        return self.client_id is not None or bool(self.all_credentials)

    @property
    def uses_emulator_registration(self) -> bool:
        """Whether client id or secret are those that the emulator gives to everybody."""
        secrets = [item.value.reveal() for item in self.all_credentials if item.value is not None]
        public = any(secret in EMULATOR_SECRETS for secret in secrets)
        return public or (self.client_id or "").startswith(EMULATOR_CLIENT_IDS)

    def complaints(self) -> Iterator[Complaint]:
        """Everything that Microsoft, or our own rules, would refuse later."""
        yield from self._credential_complaints()
        yield from self._cloud_complaints()
        yield from self._tenant_complaints()
        yield from self._group_complaints()
        yield from scope_complaints(self.scopes, needed=("openid", "profile"))
        yield from self._token_complaints()

    def _credential_complaints(self) -> Iterator[Complaint]:
        reads = ("client_id", "secret", "credentials")
        if self.secret is not None:
            yield from secret_complaints(self.secret, key="secret")
            if self.credentials:
                yield Complaint(key="credentials", message="is given beside secret", hint="use one", reads=("secret",))
        yield from list_complaints(self.credentials)
        if self.client_id is not None and not self.all_credentials:
            yield Complaint(key="secret", message="is missing: client_id has no secret beside it", reads=reads)
        if self.client_id is None and self.all_credentials:
            yield Complaint(key="client_id", message="is missing: there is a secret, but no client_id", reads=reads)

    def _cloud_complaints(self) -> Iterator[Complaint]:
        if self.cloud != "custom":
            graph = None if (self.cloud, self.graph) == ("usgov", DOD_GRAPH) else self.graph
            for key, value in (("authority", self.authority), ("hosts", self.hosts), ("graph", graph)):
                if value:
                    hint = "write cloud: custom, or leave it out"
                    yield Complaint(key=key, message="is for cloud: custom only", hint=hint, reads=("cloud",))
        elif self.authority is None:
            hint = "the base that replaces https://login.microsoftonline.com"
            yield Complaint(key="authority", message="is missing: cloud: custom needs it", hint=hint, reads=("cloud",))
        elif not is_secure(split_url(self.authority)):
            yield Complaint(key="authority", message="must be https; http only on loopback")
        if self.cloud == "custom" and self.enabled and not self.has_credentials:
            reads = ("cloud", "secret", "credentials")
            message = "is missing: cloud: custom needs credentials of its own"
            yield Complaint(key="client_id", message=message, reads=reads)

    def _token_complaints(self) -> Iterator[Complaint]:
        tokens = self.provider_tokens
        if tokens.by_session and not self.return_provider_tokens:
            yield Complaint(
                key="provider_tokens.by_session",
                message="has no tokens to hand out: return_provider_tokens is false",
                hint="return_provider_tokens: true",
                reads=("return_provider_tokens",),
            )
        if tokens.origins and not tokens.by_session:
            yield Complaint(
                key="provider_tokens.origins",
                message="admits nobody: provider_tokens.by_session is false",
                hint="by_session: true, or leave it out",
                reads=("provider_tokens.by_session",),
            )
        if self.recheck is not None and self.recheck < SHORTEST_RECHECK:
            message = "is too often: Microsoft takes such requests for a loop and refuses them"
            yield Complaint(key="recheck", message=message, hint="5m or more; 4h is usual")
        if self.return_provider_tokens and len(resources_of(self.scopes)) > 1:
            message = "name several APIs, and one token is for one: the first one's is kept"
            yield Complaint(key="scopes", message=message, reads=("return_provider_tokens",), notice=True)

    def _group_complaints(self) -> Iterator[Complaint]:
        """Groups are asked for, come from somewhere, and there is leave to read them."""
        wanted = "groups" in self.session_claims
        if wanted and self.groups == "off":
            message, hint = "names groups, and groups is off", "groups: token or groups: graph"
            yield Complaint(key="session_claims", message=message, hint=hint, reads=("groups",))
        if self.groups != "off" and not wanted:
            message, hint = "has no effect: session_claims does not name groups", "session_claims: [groups]"
            yield Complaint(key="groups", message=message, hint=hint, reads=("session_claims",), notice=True)
        if self.groups != "graph":
            return
        if self.cloud == "custom" and self.graph is None:
            yield Complaint(key="graph", message="is missing: groups: graph asks there", reads=("cloud", "groups"))
        if not _GROUP_SCOPES & {scope.rpartition("/")[2].lower() for scope in self.scopes}:
            message, hint = "leave nothing to ask Graph with: groups stay unknown", "add GroupMember.Read.All"
            yield Complaint(key="scopes", message=message, hint=hint, reads=("groups",), notice=True)

    def _tenant_complaints(self) -> Iterator[Complaint]:
        if self.tenant == "consumers":
            if self.tenants.personal is False:
                yield Complaint(
                    key="tenants.personal",
                    message="contradicts tenant: consumers, which admits personal accounts only",
                    reads=("tenant",),
                )
            if self.tenants.allow:
                yield Complaint(
                    key="tenants.allow",
                    message="contradicts tenant: consumers: personal accounts are in no directory",
                    reads=("tenant",),
                )
        if self.cloud in ("usgov", "china"):
            if self.tenant == "consumers":
                yield Complaint(key="tenant", message=f"cloud: {self.cloud} has no personal accounts", reads=("cloud",))
            if self.tenants.personal:
                message = f"has no effect: cloud: {self.cloud} has no personal accounts"
                yield Complaint(key="tenants.personal", message=message, reads=("cloud",), notice=True)
