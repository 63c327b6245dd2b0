"""The directory behind a domain that the configuration names, as it was when somebody of it first proved themselves."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class KnownDirectory:
    """A row. `cloud` is the provider's name for where the directory is; `changed_guid` awaits the operator's word.

    Times are seconds since the epoch.
    """

    provider: str
    cloud: str
    domain: str
    guid: str
    first_seen_at: int
    changed_guid: str | None = None
    changed_at: int | None = None
