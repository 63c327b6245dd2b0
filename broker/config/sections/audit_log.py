"""`audit_log`: how long entries are kept, and whether addresses in them are masked."""

from pydantic.dataclasses import dataclass

from broker.config.sections.quantities import Duration
from broker.config.sections.section import SECTION, Section, Switch


@dataclass(frozen=True, kw_only=True, config=SECTION)
class AuditLogSection(Section):
    """`retention` is in seconds."""

    retention: Duration = 30 * 86400
    mask: Switch = True
