"""The clouds Microsoft runs beside the global one: each has a host, directories, key classes and a Graph of its own.

Here each is a port of one process. Source: Microsoft's documentation of national clouds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.emulator.keys import IN_GLOBAL_SET, KeyClass


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One cloud. `signs` is the class of its work accounts' keys, `key_classes` what its key set shows."""

    name: str
    title: str
    signs: KeyClass
    key_classes: tuple[KeyClass, ...]
    personal_accounts: bool = False
    exchange_audience: str
    """The audience that the portal proposes for federated credentials."""


GLOBAL = Cloud(
    name="global",
    title="global cloud",
    signs=KeyClass.WORK,
    key_classes=IN_GLOBAL_SET,
    personal_accounts=True,
    exchange_audience="api://AzureADTokenExchange",
)
USGOV = Cloud(
    name="usgov",
    title="US government cloud",
    signs=KeyClass.GOVERNMENT,
    key_classes=(KeyClass.GOVERNMENT,),
    exchange_audience="api://AzureADTokenExchangeUSGov",
)
CHINA = Cloud(
    name="china",
    title="China cloud",
    signs=KeyClass.CHINA,
    key_classes=(KeyClass.CHINA,),
    exchange_audience="api://AzureADTokenExchangeChina",
)

CLOUDS: Sequence[Cloud] = (GLOBAL, USGOV, CHINA)
