"""`hanko`: the REST and Flow API of Hanko's clients."""

from pydantic.dataclasses import dataclass

from broker.config.sections.section import SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class HankoSection(Section):
    """Whether what Hanko's clients call is served: Flow API, REST endpoints, admin API."""

    enabled: Switch = True
