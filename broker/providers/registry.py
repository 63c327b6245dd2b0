"""What we speak: the type of a provider → the class that speaks it. A new upstream is one file and one line here.

Builds the enabled providers from configuration. Nothing is asked of anybody while building: a provider that cannot be
reached stops neither the start nor the others.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from broker.clock import Clock
from broker.config.sections.custom_provider import CustomProviderSection
from broker.config.sections.third_party import ThirdPartySection
from broker.errors import ConfigError
from broker.net.client import CallObserver, OutboundClient
from broker.providers.base import Provider
from broker.providers.metadata import StaleObserver
from broker.providers.microsoft import MicrosoftProvider
from broker.providers.oauth2 import OAuth2Provider
from broker.providers.oidc import OidcProvider
from broker.providers.setting import ClientFactory, Setting

BuiltProvider = MicrosoftProvider | OidcProvider | OAuth2Provider

TYPES: Mapping[str, Callable[..., BuiltProvider]] = MappingProxyType(
    {"microsoft": MicrosoftProvider, "oidc": OidcProvider, "oauth2": OAuth2Provider}
)
CALLBACK_PATH = "/thirdparty/callback"


class Providers(dict[str, Provider]):
    """The enabled providers by id, and the one place that closes them."""

    def __init__(self, built: Mapping[str, BuiltProvider]) -> None:
        super().__init__(built)
        self._built = tuple(built.values())

    async def close(self) -> None:
        """Close every provider's connections."""
        for provider in self._built:
            await provider.close()


def build_providers(
    third_party: ThirdPartySection,
    *,
    public_url: str,
    clock: Clock,
    emulator_url: str | None = None,
    observe: CallObserver | None = None,
    on_stale: StaleObserver | None = None,
    make_client: ClientFactory = OutboundClient,
) -> Providers:
    """The enabled providers.

    `emulator_url`: the base URL of the emulator where it may stand in for a provider without credentials, else
    `None`; deciding that is the caller's. Raises `ConfigError` for a section that cannot be used.
    """
    setting = Setting(
        callback_url=third_party.redirect_url or f"{public_url.rstrip('/')}{CALLBACK_PATH}",
        clock=clock,
        observe=observe,
        on_stale=on_stale,
        make_client=make_client,
    )
    _check_issuers(third_party)
    return Providers({provider.id: provider for provider in _built(third_party, setting, emulator_url)})


def _built(third_party: ThirdPartySection, setting: Setting, emulator_url: str | None) -> Iterator[BuiltProvider]:
    if third_party.providers.microsoft.enabled:
        yield TYPES["microsoft"](third_party.providers.microsoft, setting=setting, emulator_url=emulator_url)
    for key, section in third_party.custom_providers.items():
        if section.enabled:
            yield TYPES[_custom_type(section)](key, section, setting=setting)


def _custom_type(section: CustomProviderSection) -> str:
    return "oidc" if section.use_discovery else "oauth2"


def _check_issuers(third_party: ThirdPartySection) -> None:
    """Two providers with one issuer could not be told apart by it (RFC 9207 section 2.4)."""
    seen: dict[tuple[str, str | None], str] = {}
    for key, section in third_party.custom_providers.items():
        if not section.enabled or section.issuer is None:
            continue
        other = seen.setdefault((section.issuer, section.client_id), key)
        if other != key:
            raise ConfigError(f"third_party.custom_providers: {other} and {key} are the same issuer and client_id")
