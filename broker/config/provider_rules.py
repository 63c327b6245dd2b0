"""What the whole configuration must satisfy before anybody signs in through a provider.

First among these: the emulator never signs anyone in to a broker that others can reach.
"""

from collections.abc import Iterator
from typing import Final

from broker.config.sections import Config
from broker.config.sections.microsoft import EMULATOR_CLIENT_IDS, EMULATOR_SECRETS
from broker.config.sections.section import Complaint
from broker.config.sections.urls import is_secure, split_url

_MICROSOFT: Final = "third_party.providers.microsoft"
_MICROSOFT_HOSTS: Final = frozenset(
    {
        "login.windows.net",
        "login.microsoft.com",
        "sts.windows.net",
        "login.chinacloudapi.cn",
        "login.usgovcloudapi.net",
        "login.sovcloud-identity.fr",
    }
)
_MICROSOFT_DOMAINS: Final = (".microsoftonline.com", ".microsoftonline.us", ".microsoftonline.cn")
_CREDENTIAL_KEYS: Final = tuple(f"{_MICROSOFT}.{key}" for key in ("client_id", "secret", "credentials"))


def is_microsoft(hostname: str) -> bool:
    """Whether this is a sign-in host of Microsoft's own."""
    return hostname in _MICROSOFT_HOSTS or hostname.endswith(_MICROSOFT_DOMAINS)


def provider_without_credentials(config: Config) -> Iterator[Complaint]:
    """Only staging on loopback may leave them out: there the emulator stands in."""
    microsoft = config.third_party.providers.microsoft
    if not microsoft.enabled or microsoft.has_credentials or microsoft.cloud == "custom":
        return
    if config.emulator_may_stand_in:
        return
    why = "in production Microsoft needs client_id and secret"
    if not config.service.is_production:
        why = "public_url is not on loopback, so the emulator may not stand in: Microsoft needs client_id and secret"
    yield Complaint(
        key=f"{_MICROSOFT}.client_id",
        message=f"is missing: {why}",
        hint="from the app registration; or enabled: false",
        reads=(*_CREDENTIAL_KEYS, f"{_MICROSOFT}.enabled", "service.environment", "service.public_url"),
    )


def emulator_registration(config: Config) -> Iterator[Complaint]:
    """The emulator's ids and secrets are known to everybody: never at Microsoft, never for a public broker.

    Wherever such an emulator listens: whoever can start a sign-in at it is whoever they like.
    """
    microsoft = config.third_party.providers.microsoft
    if microsoft.enabled and microsoft.uses_emulator_registration:
        by_id = (microsoft.client_id or "").startswith(EMULATOR_CLIENT_IDS)
        at_microsoft = microsoft.cloud != "custom" or is_microsoft(_host(microsoft.authority))
        reads = (f"{_MICROSOFT}.cloud", f"{_MICROSOFT}.authority")
        yield from _emulators(config, f"{_MICROSOFT}.{'client_id' if by_id else 'secret'}", at_microsoft, reads)
    for key, provider in config.third_party.custom_providers.items():
        by_id = (provider.client_id or "").lower().startswith(EMULATOR_CLIENT_IDS)
        by_secret = provider.secret is not None and provider.secret.reveal() in EMULATOR_SECRETS
        if provider.enabled and (by_id or by_secret):
            where = f"third_party.custom_providers.{key}.{'client_id' if by_id else 'secret'}"
            yield from _emulators(config, where, is_microsoft(_host(provider.issuer or provider.token_endpoint)))


def _emulators(config: Config, key: str, at_microsoft: bool, reads: tuple[str, ...] = ()) -> Iterator[Complaint]:
    if at_microsoft:
        yield Complaint(
            key=key,
            message="is the emulator's, and Microsoft does not know it",
            hint="use your app registration's own, or leave client_id and secret out in staging on loopback",
            reads=reads,
        )
    elif not config.service.is_loopback:
        yield Complaint(
            key=key,
            message="is the emulator's: anybody could sign in as anybody to a public broker",
            reads=(*reads, "service.public_url"),
        )


def _host(url: str | None) -> str:
    return split_url(url).hostname if url else ""


def authority_in_production(config: Config) -> Iterator[Complaint]:
    """Sign-ins in production that rest on something on this very machine are told."""
    authority = config.third_party.providers.microsoft.authority
    if authority and config.service.is_production and split_url(authority).scheme == "http":
        message = "is plain http on loopback, in production: whoever can listen there can sign in as anybody"
        yield Complaint(key=f"{_MICROSOFT}.authority", message=message, notice=True)


_CALLBACK_PATHS = ("/thirdparty/callback", "/thirdparty/callback/microsoft")


def callback_url(config: Config) -> Iterator[Complaint]:
    """The callback is on our own origin, where the cookie that binds the browser lives; and Microsoft takes it."""
    url = split_url(config.callback_url)
    given = config.third_party.redirect_url is not None
    key = "third_party.redirect_url" if given else "service.public_url"
    if url.origin != config.service.split.origin:
        yield Complaint(
            key=key,
            message="is not on public_url's origin: the cookie that binds the browser would not come along",
            hint=f"{config.service.public_url}/thirdparty/callback",
            reads=("service.public_url",),
        )
    elif url.path not in _CALLBACK_PATHS:
        message = "ends in a path that we do not serve; it works only behind a proxy that rewrites it"
        yield Complaint(key=key, message=message, hint="/thirdparty/callback", notice=True)
    localhost = url.hostname in ("localhost", "127.0.0.1")
    if config.third_party.providers.microsoft.enabled and is_secure(url) and url.scheme == "http" and not localhost:
        yield Complaint(
            key=key,
            message="is http on a host where Microsoft takes https only",
            hint="http works with localhost and 127.0.0.1",
            reads=("service.public_url", f"{_MICROSOFT}.enabled"),
        )


def form_post_by_https(config: Config) -> Iterator[Complaint]:
    """An answer by form is a cross-site POST, and the only cookie that comes along is one that takes https."""
    microsoft = config.third_party.providers.microsoft
    if microsoft.enabled and microsoft.response_mode == "form_post" and not config.service.is_https:
        yield Complaint(
            key=f"{_MICROSOFT}.response_mode",
            message="form_post needs an https public_url: browsers send no cookie of an http site with another's form",
            hint="query, or service.public_url by https (server.public.tls; broker dev --tls shows it)",
            reads=("service.public_url", f"{_MICROSOFT}.enabled"),
        )


def same_registration_twice(config: Config) -> Iterator[Complaint]:
    """Two providers with one issuer and client id would take each other's ID tokens."""
    seen: dict[tuple[str, str], str] = {}
    microsoft = config.third_party.providers.microsoft
    for key, provider in config.third_party.custom_providers.items():
        where = f"third_party.custom_providers.{key}"
        source = provider.issuer or provider.token_endpoint
        if not provider.enabled or source is None or provider.client_id is None:
            continue
        registration = (source.rstrip("/"), provider.client_id)
        host = split_url(source).hostname
        theirs = is_microsoft(host) if microsoft.cloud != "custom" else host == _host(microsoft.authority)
        same_client = (microsoft.client_id or "") == provider.client_id.lower()
        if microsoft.enabled and theirs and same_client:
            seen.setdefault(registration, "microsoft")
        if registration in seen:
            yield Complaint(
                key=f"{where}.client_id",
                message=f"is also used by {seen[registration]}, with the same issuer: their ID tokens could be swapped",
                hint="make an app registration for each",
            )
        seen[registration] = f"custom_{key}"
