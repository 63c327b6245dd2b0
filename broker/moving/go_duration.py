"""Durations as Go writes them: `12h`, `1h30m`, `720h0m0s`, `1.5h`."""

import re

_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


def seconds_of(unverified: object) -> int | None:
    """Whole seconds, rounded up; `None` for what is no duration of more than none."""
    if not isinstance(unverified, str) or not unverified:
        return None
    parts = _PART.findall(unverified)
    if "".join(number + unit for number, unit in parts) != unverified:
        return None
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return -int(-total // 1) or None
