"""`account`: what people may do with their accounts."""

from pydantic.dataclasses import dataclass

from broker.config.sections.section import SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class AccountSection(Section):
    """Without `allow_signup` only people who have an account get in; `allow_deletion`: they may delete it."""

    allow_signup: Switch = True
    allow_deletion: Switch = False
