"""What well-formed keys can still get wrong together: each section's own checks, then the rules of the whole.

To add a rule: a function here below, its name in `RULES`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from broker.config import provider_rules, web_rules
from broker.config.sections import Config
from broker.config.sections.section import Complaint, Section
from broker.config.tree import Path, undotted

Rule = Callable[[Config], Iterator[Complaint]]

RULES: Final[tuple[Rule, ...]] = (
    web_rules.reachability,
    web_rules.secrets_present,
    web_rules.own_certificate,
    web_rules.cross_origin_callers,
    web_rules.cookie_domain,
    web_rules.cookie_prefix,
    web_rules.error_page,
    web_rules.emulator_address,
    web_rules.applications_read_rsa,
    provider_rules.provider_without_credentials,
    provider_rules.emulator_registration,
    provider_rules.authority_in_production,
    provider_rules.callback_url,
    provider_rules.form_post_by_https,
    provider_rules.same_registration_twice,
    web_rules.unlisted_proxy,
)


def complaints_about(config: Config, *, broken: Iterable[Path], further: Sequence[Rule] = ()) -> Iterator[Complaint]:
    """All complaints, with keys from the top. Those that rest on a key already refused are left out."""
    refused = tuple(broken)
    for complaint in _all(config, further):
        if not any(_touch(undotted(key), path) for key in (complaint.key, *complaint.reads) for path in refused):
            yield complaint


def _all(config: Config, further: Sequence[Rule]) -> Iterator[Complaint]:
    yield from _of_section(config, "")
    for rule in (*RULES, *further):
        yield from rule(config)


def _of_section(section: Section, prefix: str) -> Iterator[Complaint]:
    for complaint in section.complaints():
        reads = tuple(prefix + key for key in complaint.reads)
        yield replace(complaint, key=prefix + complaint.key, reads=reads)
    for key, value in vars(section).items():
        if isinstance(value, Section):
            yield from _of_section(value, f"{prefix}{key}.")
        elif isinstance(value, dict):
            items = ((name, item) for name, item in value.items() if isinstance(item, Section))
            for name, item in items:
                yield from _of_section(item, f"{prefix}{key}.{name}.")
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, Section):
                    yield from _of_section(item, f"{prefix}{key}[{index}].")


def _touch(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
