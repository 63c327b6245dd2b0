"""`rate_limiter`: how often one client address may ask."""

from pydantic.dataclasses import dataclass

from broker.config.sections.quantities import Rate
from broker.config.sections.section import SECTION, Section, Switch

_DEFAULT = Rate(count=600, seconds=60)


@dataclass(frozen=True, kw_only=True, config=SECTION)
class RateLimiterSection(Section):
    """Limits for starts of a sign-in, callbacks and token requests, each per client address (IPv6: per /64)."""

    enabled: Switch = True
    starts: Rate = _DEFAULT
    callbacks: Rate = _DEFAULT
    tokens: Rate = _DEFAULT
