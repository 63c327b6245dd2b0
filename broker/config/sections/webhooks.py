"""`webhooks`: who is told of events."""

from typing import Annotated, Any

from pydantic.dataclasses import dataclass

from broker.config.sections.section import LATER, SECTION, Section


@dataclass(frozen=True, kw_only=True, config=SECTION)
class WebhooksSection(Section):
    """Endpoints, and private networks that they may be in."""

    hooks: Annotated[tuple[Any, ...], LATER] = ()
    allow_private: Annotated[tuple[str, ...], LATER] = ()
