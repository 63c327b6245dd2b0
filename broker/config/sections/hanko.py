"""`hanko`: the REST and Flow API of Hanko's clients."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from broker.config.sections.section import LATER, SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class HankoSection(Section):
    """Whether that face is served."""

    enabled: Annotated[Switch, LATER] = True
