"""`account`: what people may do with their accounts."""

from typing import Annotated

from pydantic.dataclasses import dataclass

from broker.config.sections.section import LATER, SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class AccountSection(Section):
    """Without `allow_signup` only people who already have an account get in."""

    allow_signup: Switch = True
    allow_deletion: Annotated[Switch, LATER] = False
