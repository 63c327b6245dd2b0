"""Hanko's patterns of redirect targets as ours. Hanko matches text, we match parts of a URL: what crosses from one part
into another has to be written out.
"""

import re
from collections.abc import Callable

_INTO_PATH = re.compile(r"(?P<origin>[a-z]+://[^/]*[^/*])\*\*")


def pattern_of(theirs: str, is_admitted: Callable[[str], str | None]) -> tuple[str | None, str]:
    """Our pattern, and what is to be said of it; `None` where there is none."""
    ours, text = theirs, ""
    found = _INTO_PATH.fullmatch(theirs)
    if found is not None:
        ours = f"{found['origin']}/**"
        text = f"became {ours}: ** does not cross from the host into the path"
    why = is_admitted(ours)
    if why is not None:
        return None, f"is left out: {why}"
    return ours, text
