"""How this face spells moments: ISO 8601 in UTC with milliseconds; the Python SDK parses nothing else."""

from datetime import UTC, datetime


def spelled(seconds: int) -> str:
    """Seconds since the epoch as `2026-03-04T05:06:07.000Z`."""
    # Not strftime: it writes the year 1 as 1, and programs in Go export 0001-01-01 where they know no date.
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
