"""The application registrations: who may ask for a sign-in, where the answer may go, which claims they get.

Rules of audience and redirect URI follow Microsoft's documentation of app registrations. Ids and secrets are fixed and
public, as befits a test server.
"""

import dataclasses
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from broker.emulator.certificates import Certificate
from broker.emulator.clouds import GLOBAL, Cloud
from broker.emulator.federated_credentials import FederatedCredential
from broker.emulator.people import Person
from broker.emulator.tenants import ALDER, Segment, Tenant

FIRST = "c11e0000-0000-4000-8000-00000000000c"
ALDER_ONLY = "c11e0000-0000-4000-8000-000000000001"
ORGANIZATIONS_ONLY = "c11e0000-0000-4000-8000-000000000002"
PERSONAL_ONLY = "c11e0000-0000-4000-8000-000000000003"
EXPIRED_SECRETS = "c11e0000-0000-4000-8000-000000000004"
PUBLIC_CLIENT = "c11e0000-0000-4000-8000-000000000005"

LONG_AGO = 1_600_000_000.0
_CALLBACK_PATH = "/thirdparty/callback"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1")


class Audience(StrEnum):
    """`signInAudience` of a registration, in Microsoft's words."""

    ONE_DIRECTORY = "AzureADMyOrg"
    ANY_DIRECTORY = "AzureADMultipleOrgs"
    ANY_DIRECTORY_AND_PERSONAL = "AzureADandPersonalMicrosoftAccount"
    PERSONAL = "PersonalMicrosoftAccount"

    @property
    def takes_personal(self) -> bool:
        """Whether personal accounts can sign in to such an application."""
        return self in (Audience.ANY_DIRECTORY_AND_PERSONAL, Audience.PERSONAL)


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A client secret and the moment, in seconds since the epoch, from which it is refused."""

    value: str
    expires_at: float | None = None

    def matches(self, presented: str) -> bool:
        """Whether it is this secret, compared in constant time."""
        return hmac.compare_digest(self.value.encode(), presented.encode())

    def expired(self, now: float) -> bool:
        """Whether it has run out."""
        return self.expires_at is not None and self.expires_at <= now


DEFAULT_SECRETS = (Secret(value="emulator-secret"), Secret(value="emulator-secret-2"))
DEFAULT_REDIRECT_URIS = tuple(f"http://{name}{_CALLBACK_PATH}" for name in _LOOPBACK_NAMES)
FULL_CLAIMS = frozenset(
    ("upn", "email", "xms_edov", "acct", "given_name", "family_name", "login_hint", "auth_time"),
)
DEFAULT_PERMISSIONS = ("User.Read", "Calendars.Read", "Mail.Read", "GroupMember.Read.All")
GroupClaims = Literal["SecurityGroup", "DirectoryRole", "ApplicationGroup", "All"]


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One application. `home` is the directory it lives in, which alone may use it when it is for one directory."""

    client_id: str
    name: str
    audience: Audience
    home: Tenant = ALDER
    redirect_uris: tuple[str, ...] = DEFAULT_REDIRECT_URIS
    secrets: tuple[Secret, ...] = DEFAULT_SECRETS
    certificates: tuple[Certificate, ...] = ()
    federated_credentials: tuple[FederatedCredential, ...] = ()
    public: bool = False
    optional_claims: frozenset[str] = FULL_CLAIMS
    single_page_redirect_uris: tuple[str, ...] = ()
    """Redirect URIs of the platform "single-page application", whose codes are redeemed by script."""
    logout_url: str | None = None
    """The front-channel logout URL, which the signed-out page loads."""
    permissions: tuple[str, ...] = DEFAULT_PERMISSIONS
    """Graph's permissions that are configured; what is not may not be asked for."""
    assignment_required: bool = False
    app_roles: tuple[str, ...] | None = None
    """The roles it defines; None stands for any."""
    group_membership_claims: GroupClaims | None = None
    remove_unverified_email: bool = False
    """`removeUnverifiedEmailClaim`: an address whose domain nobody verified stays out of tokens."""

    def allows_redirect(self, redirect_uri: str) -> bool:
        """Whether the answer may be sent there: equal to a registered URI, the port of a loopback one left open."""
        registered = (*self.redirect_uris, *self.single_page_redirect_uris)
        return any(_same_redirect(each, redirect_uri) for each in registered)

    def is_single_page(self, redirect_uri: str) -> bool:
        """Whether an allowed redirect URI is one of a single-page application."""
        return any(_same_redirect(each, redirect_uri) for each in self.single_page_redirect_uris)

    def admits(self, account: Person) -> bool:
        """Whether this account may sign in as far as assignment goes."""
        assigned = account.assigned_to is None or self.client_id in account.assigned_to
        return assigned or not self.assignment_required

    def served_in(self, cloud: Cloud) -> bool:
        """Whether that cloud knows the application: those of a global directory are registered in every cloud here."""
        return self.home.cloud in (GLOBAL, cloud)

    def audience_mistake(self, segment: Segment) -> int | None:
        """The AADSTS number of a segment that does not fit `signInAudience`; None when it fits."""
        if not self.served_in(segment.cloud):
            return 900439
        personal_segment = segment.tenant is not None and segment.tenant.personal
        if self.audience is Audience.PERSONAL:
            return None if personal_segment else 9002331
        if personal_segment and not self.audience.takes_personal:
            return 9002332
        if self.audience is Audience.ONE_DIRECTORY:
            if segment.speaks_for_many:
                return 50194
            return None if segment.tenant is self.home else 700016
        return None


def _same_redirect(registered: str, presented: str) -> bool:
    if registered == presented:
        return True
    known = urlsplit(registered)
    if known.scheme != "http" or known.hostname not in _LOOPBACK_NAMES:
        return False
    # What was presented is compared as text, not parsed: nothing but the port may differ in any way.
    rest = registered[len("http://") + len(known.netloc) :]
    pattern = rf"http://{re.escape(known.hostname)}(?::[0-9]{{1,5}})?{re.escape(rest)}"
    return re.fullmatch(pattern, presented) is not None


def redirect_mistake(redirect_uri: str, audience: Audience) -> str | None:
    """Why Microsoft would not register this redirect URI, as a sentence; None if it would."""
    if len(redirect_uri) > 256:
        return "a redirect URI has at most 256 characters"
    if re.search(r"[!$'(),;\s\\*]", redirect_uri):
        return "a redirect URI has none of ! $ ' ( ) , ; \\ * and no white space"
    parts = urlsplit(redirect_uri)
    if parts.fragment or "#" in redirect_uri:
        return "a redirect URI has no fragment"
    if parts.query and audience.takes_personal:
        return "a redirect URI has no query where personal accounts sign in"
    if parts.scheme == "http" and parts.hostname in _LOOPBACK_NAMES:
        return None
    if parts.scheme != "https" or not parts.hostname:
        return "a redirect URI is https, or http on localhost or 127.0.0.1 ([::1] does not work)"
    return None


def logout_mistake(logout_url: str) -> str | None:
    """Why Microsoft would not register this front-channel logout URL; None if it would. Loopback may be http here."""
    if len(logout_url) > 255:
        return "a logout URL has at most 255 characters"
    if re.search(r"[\s\\;,'\"]", logout_url) or "#" in logout_url:
        return "a logout URL has no fragment, quotes, semicolons, commas or white space"
    parts = urlsplit(logout_url)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK_NAMES:
        return None
    return None if parts.scheme == "https" and parts.hostname else "a logout URL is https, or http on the loopback"


def default_registrations(extra_redirect_uris: Iterable[str] = ()) -> dict[str, Registration]:
    """The registrations the emulator starts with, by client id; every one of them takes `extra_redirect_uris` too.

    Raises ValueError for a redirect URI that Microsoft would not register.
    """
    extra = tuple(extra_redirect_uris)
    for redirect_uri in extra:
        if mistake := redirect_mistake(redirect_uri, Audience.ANY_DIRECTORY_AND_PERSONAL):
            raise ValueError(f"{redirect_uri}: {mistake}")
    expired = tuple(dataclasses.replace(secret, expires_at=LONG_AGO) for secret in DEFAULT_SECRETS)
    everyone = Audience.ANY_DIRECTORY_AND_PERSONAL
    basic_claims = frozenset(("email", "given_name", "family_name"))
    registrations = (
        Registration(client_id=FIRST, name="Any directory and personal", audience=everyone),
        Registration(client_id=ALDER_ONLY, name="Alder only", audience=Audience.ONE_DIRECTORY),
        Registration(client_id=ORGANIZATIONS_ONLY, name="Organizations only", audience=Audience.ANY_DIRECTORY),
        Registration(
            client_id=PERSONAL_ONLY, name="Personal only", audience=Audience.PERSONAL, optional_claims=basic_claims
        ),
        Registration(client_id=EXPIRED_SECRETS, name="Expired secrets", audience=everyone, secrets=expired),
        Registration(client_id=PUBLIC_CLIENT, name="Public client", audience=everyone, secrets=(), public=True),
    )
    return {
        registration.client_id: dataclasses.replace(
            registration, redirect_uris=registration.redirect_uris + extra, assignment_required=True
        )
        for registration in registrations
    }
