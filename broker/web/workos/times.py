"""How this face spells moments: ISO 8601 in UTC with milliseconds; the Python SDK parses nothing else."""

from datetime import UTC, datetime


def spelled(seconds: int) -> str:
    """Seconds since the epoch as `2026-03-04T05:06:07.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
