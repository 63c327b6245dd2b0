"""`third_party.custom_providers.<key>`: any OpenID Connect or OAuth 2.0 provider, by configuration alone.

The names are Hanko's. Beside them: `linking`, `claims_from`, `callback`, `ca_file`.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Final, Literal

from pydantic import StringConstraints
from pydantic.dataclasses import dataclass

from broker.config.sections.files import ExistingFile
from broker.config.sections.scopes import ScopeList, scope_complaints
from broker.config.sections.secret import Secret
from broker.config.sections.section import SECTION, Complaint, Section, Switch
from broker.config.sections.urls import SecureUrl

_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")
_PROTOCOL_CLAIMS: Final = frozenset(
    {"iss", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "c_hash", "auth_time", "acr", "amr", "jti"}
)

Claim = Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=False)]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class CustomProviderSection(Section):
    """One provider; its id is `custom_<key>`. `attribute_mapping`: standard claim → the provider's name for it."""

    enabled: Switch = False
    display_name: Annotated[str, StringConstraints(max_length=100)] = ""
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=512)] | None = None
    secret: Secret | None = None
    issuer: SecureUrl | None = None
    use_discovery: Switch = False
    authorization_endpoint: SecureUrl | None = None
    token_endpoint: SecureUrl | None = None
    userinfo_endpoint: SecureUrl | None = None
    scopes: ScopeList = ("openid", "profile", "email")
    prompt: Annotated[str, StringConstraints(max_length=100)] | None = None
    acr_values: tuple[Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")], ...] = ()
    attribute_mapping: dict[Claim, Claim] = field(default_factory=dict)
    linking: Literal["never", "verified_both"] = "never"
    claims_from: Literal["id_token", "userinfo"] = "id_token"
    callback: Literal["own", "shared"] = "own"
    ca_file: ExistingFile | None = None

    def complaints(self) -> Iterator[Complaint]:
        """What an enabled provider needs."""
        if self.enabled:
            yield from self._missing()
            yield from self._discovery_complaints()
        needed = ("openid",) if self.claims_from == "id_token" else ()
        yield from scope_complaints(self.scopes, needed=needed)
        if not self.scopes:
            yield Complaint(key="scopes", message="must name at least one scope")
        yield from self._mapping_complaints()

    def _missing(self) -> Iterator[Complaint]:
        for key, value in (("display_name", self.display_name), ("client_id", self.client_id), ("secret", self.secret)):
            if not value:
                yield Complaint(key=key, message="is missing: an enabled provider needs it", reads=("enabled",))

    def _discovery_complaints(self) -> Iterator[Complaint]:
        if self.use_discovery:
            if self.issuer is None:
                yield Complaint(key="issuer", message="is missing: use_discovery needs it", reads=("use_discovery",))
            return
        if all(getattr(self, key) is None for key in _ENDPOINTS):
            message = "is false, and no endpoints are given: where would people sign in?"
            hint = "use_discovery: true with an issuer, or the three endpoints"
            yield Complaint(key="use_discovery", message=message, hint=hint, reads=_ENDPOINTS)
            return
        for key in _ENDPOINTS:
            if getattr(self, key) is None:
                hint = "give all three endpoints, or issuer with use_discovery: true"
                message = "is missing: without use_discovery it is not known"
                yield Complaint(key=key, message=message, hint=hint, reads=("use_discovery",))
        if self.claims_from == "id_token":
            yield Complaint(
                key="claims_from",
                message="id_token needs use_discovery: true: without it we know no key to verify one with",
                hint="use_discovery: true with an issuer, or claims_from: userinfo",
                reads=("use_discovery",),
            )

    def _mapping_complaints(self) -> Iterator[Complaint]:
        names = list(self.attribute_mapping.values())
        if len(set(names)) != len(names):
            yield Complaint(key="attribute_mapping", message="takes two claims from one of the provider's")
        touched = sorted((set(self.attribute_mapping) | set(names)) & _PROTOCOL_CLAIMS)
        if touched:
            message = f"maps {', '.join(touched)}, which the protocol itself needs untouched"
            yield Complaint(key="attribute_mapping", message=message)
        if "sub" in self.attribute_mapping and self.claims_from == "id_token":
            message = "maps sub: in an ID token only sub itself is who somebody is"
            yield Complaint(key="attribute_mapping", message=message, reads=("claims_from",))
