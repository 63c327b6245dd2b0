"""`workos`: the API of WorkOS' clients."""

from typing import Annotated, Any

from pydantic.dataclasses import dataclass

from broker.config.sections.section import LATER, SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class WorkosSection(Section):
    """Whether that face is served, and to whom."""

    enabled: Annotated[Switch, LATER] = False
    applications: Annotated[tuple[Any, ...], LATER] = ()
