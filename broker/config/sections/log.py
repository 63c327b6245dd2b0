"""`log`: how much is said, and in which form."""

from typing import Literal

from pydantic.dataclasses import dataclass

from broker.config.sections.section import SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class LogSection(Section):
    """`auto`: text on a terminal, JSON elsewhere. `addresses`: client and mail addresses appear in log lines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"
    addresses: Switch = False
