"""What we speak: the type of a provider → the class that speaks it. A new upstream is one file and one line here.

Builds the enabled providers from configuration. Nothing is asked of anybody while building: a provider that cannot be
reached stops neither the start nor the others.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from broker.clock import Clock
from broker.config.sections.config import SIGNED_OUT_PATH
from broker.config.sections.custom_provider import CustomProviderSection
from broker.config.sections.third_party import ThirdPartySection
from broker.errors import ConfigError
from broker.net.client import CallObserver, OutboundClient
from broker.providers.base import Provider
from broker.providers.directory_memory import DirectoryMemory, ProcessMemory
from broker.providers.metadata import StaleObserver
from broker.providers.microsoft.provider import MicrosoftProvider
from broker.providers.oauth2 import OAuth2Provider
from broker.providers.oidc import OidcProvider
from broker.providers.setting import ClientFactory, CredentialWatch, Setting

BuiltProvider = MicrosoftProvider | OidcProvider | OAuth2Provider

TYPES: Mapping[str, Callable[..., BuiltProvider]] = MappingProxyType(
    {"microsoft": MicrosoftProvider, "oidc": OidcProvider, "oauth2": OAuth2Provider}
)
CALLBACK_PATH = "/thirdparty/callback"


class Providers(dict[str, Provider]):
    """The enabled providers by id; `made_of` says of each what it was built from."""

    def __init__(self, built: Mapping[str, Provider], made_of: Mapping[str, object]) -> None:
        super().__init__(built)
        self.made_of = made_of

    async def close(self) -> None:
        """Close every provider's connections."""
        for provider in self.values():
            await provider.close()


def build_providers(
    third_party: ThirdPartySection,
    *,
    public_url: str,
    clock: Clock,
    emulator_url: str | None = None,
    observe: CallObserver | None = None,
    on_stale: StaleObserver | None = None,
    on_credential: CredentialWatch | None = None,
    directories: DirectoryMemory | None = None,
    make_client: ClientFactory = OutboundClient,
    before: Providers | None = None,
) -> Providers:
    """The enabled providers. One of `before` that would be built the same is taken over, with all that it has cached.

    `emulator_url`: the base URL of the emulator where it may stand in for a provider without credentials, else
    `None`; deciding that is the caller's. Raises `ConfigError` for a section that cannot be used.
    """
    setting = setting_of(
        third_party,
        public_url=public_url,
        clock=clock,
        observe=observe,
        on_stale=on_stale,
        on_credential=on_credential,
        directories=directories,
        make_client=make_client,
    )
    return build_in(setting, third_party, emulator_url=emulator_url, before=before)


def setting_of(
    third_party: ThirdPartySection,
    *,
    public_url: str,
    clock: Clock,
    observe: CallObserver | None = None,
    on_stale: StaleObserver | None = None,
    on_credential: CredentialWatch | None = None,
    directories: DirectoryMemory | None = None,
    make_client: ClientFactory = OutboundClient,
) -> Setting:
    """What every provider of this configuration is built with."""
    own_callbacks = f"{public_url.rstrip('/')}{CALLBACK_PATH}"
    return Setting(
        callback_url=third_party.redirect_url or own_callbacks,
        own_callbacks=own_callbacks,
        signed_out_url=f"{public_url.rstrip('/')}{SIGNED_OUT_PATH}",
        clock=clock,
        observe=observe,
        on_stale=on_stale,
        on_credential=on_credential,
        directories=directories or ProcessMemory(),
        make_client=make_client,
    )


def build_in(
    setting: Setting, third_party: ThirdPartySection, *, emulator_url: str | None, before: Providers | None
) -> Providers:
    """The same as `build_providers`, in a setting that is there already."""
    _check_issuers(third_party)
    built: dict[str, Provider] = {}
    made_of: dict[str, object] = {}
    for provider_id, section, build in _plans(third_party, setting, emulator_url):
        made_of[provider_id] = parts = (section, setting.callback_url, setting.own_callbacks, emulator_url)
        same = before is not None and before.made_of.get(provider_id) == parts
        built[provider_id] = before[provider_id] if before is not None and same else build()
    return Providers(built, made_of)


def _plans(
    third_party: ThirdPartySection, setting: Setting, emulator_url: str | None
) -> Iterator[tuple[str, object, Callable[[], BuiltProvider]]]:
    """Id, section and how to build it, of every enabled provider."""
    microsoft = third_party.providers.microsoft
    if microsoft.enabled:
        yield "microsoft", microsoft, partial(MicrosoftProvider, microsoft, setting=setting, emulator_url=emulator_url)
    for key, section in third_party.custom_providers.items():
        if section.enabled:
            yield f"custom_{key}", section, partial(TYPES[_custom_type(section)], key, section, setting=setting)


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
