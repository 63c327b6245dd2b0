"""Microsoft's clouds: who speaks for each, pinned here and not learned from a document that somebody could forge.

The metadata of a cloud is fetched only to learn endpoint URLs, and those must lie on the origins named here. `custom`
is a sovereign cloud newer than this table, or a stand-in; `emulator` is the one beside us, and its identities count
nowhere else. Source: Microsoft's documentation on national clouds and on authorities.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

MSA_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
EMULATOR = "emulator"
EMULATOR_CLIENT_ID = "c11e0000-0000-4000-8000-00000000000c"
EMULATOR_CLIENT_SECRET = "emulator-secret"  # noqa: S105  public: the stand-in accepts it from anybody


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One cloud. `instance_name` `None`: whatever its own discovery document says (nothing newer is pinned here).

    `exchange_audience` is whom another issuer's token must be for to be taken in place of a secret. `graph` is where
    Microsoft Graph is, without its version; `None` where nobody said.
    """

    name: str
    authority: str
    instance_name: str | None
    origins: frozenset[str]
    graph: str | None = None
    named_hosts: frozenset[str] = field(default=frozenset())
    exchange_audience: str = "api://AzureADTokenExchange"
    emulator: bool = False

    @property
    def insecure_loopback(self) -> bool:
        """Whether this authority was configured as plain http, which the loader admits on loopback only."""
        return self.authority.startswith("http://")


GLOBAL = Cloud(
    name="global",
    authority="https://login.microsoftonline.com",
    instance_name="microsoftonline.com",
    origins=frozenset({"https://login.microsoftonline.com", "https://graph.microsoft.com"}),
    graph="https://graph.microsoft.com",
)
USGOV = Cloud(
    name="usgov",
    authority="https://login.microsoftonline.us",
    instance_name="microsoftonline.us",
    origins=frozenset(
        {"https://login.microsoftonline.us", "https://graph.microsoft.us", "https://dod-graph.microsoft.us"}
    ),
    graph="https://graph.microsoft.us",
    exchange_audience="api://AzureADTokenExchangeUSGov",
)
# Its tokens name this host even where the older alias login.chinacloudapi.cn served them.
CHINA = Cloud(
    name="china",
    authority="https://login.partner.microsoftonline.cn",
    instance_name="partner.microsoftonline.cn",
    origins=frozenset(
        {
            "https://login.partner.microsoftonline.cn",
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
        }
    ),
    graph="https://microsoftgraph.chinacloudapi.cn",
    exchange_audience="api://AzureADTokenExchangeChina",
)

CLOUDS = MappingProxyType({cloud.name: cloud for cloud in (GLOBAL, USGOV, CHINA)})


def custom_cloud(*, authority: str, graph: str | None, hosts: Sequence[str]) -> Cloud:
    """A cloud from configuration: what it names may be private, everything else may not."""
    named = [authority, *([graph] if graph else []), *(f"https://{host}" for host in hosts)]
    return Cloud(
        name=f"custom:{_host(authority)}",
        authority=authority.rstrip("/"),
        instance_name=None,
        origins=frozenset(_origin(url) for url in named),
        graph=graph.rstrip("/") if graph else None,
        named_hosts=frozenset(_host(url) for url in named),
    )


def emulator_cloud(base_url: str) -> Cloud:
    """The stand-in at this base URL. Only for a caller that has made sure it may stand in."""
    return Cloud(
        name=EMULATOR,
        authority=base_url.rstrip("/"),
        instance_name=None,
        origins=frozenset({_origin(base_url)}),
        graph=f"{base_url.rstrip('/')}/graph",
        named_hosts=frozenset({_host(base_url)}),
        emulator=True,
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
