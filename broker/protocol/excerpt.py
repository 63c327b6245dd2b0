"""How a value from outside may appear in a log line or an error's detail: short, and without control characters.

A line feed would forge a log line, an escape sequence would drive a terminal, a megabyte would drown the log.
"""

DETAIL_LIMIT = 200


def excerpt(unverified_text: str, limit: int = DETAIL_LIMIT) -> str:
    """The beginning of a text, at most `limit` characters, everything unprintable written as an escape."""
    beginning = unverified_text[:limit]
    if not beginning.isprintable():
        beginning = "".join(char if char.isprintable() else _escaped(char) for char in beginning)
    return beginning[:limit]


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
