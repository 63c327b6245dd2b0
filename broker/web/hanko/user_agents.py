"""A browser's name as people know it, from its `User-Agent`: for the list of one's own sessions, nothing rests on it.

A table of a dozen products, in the order in which they must be asked (each pretends to be the ones behind it). The
libraries for this know thousands and cost some ten megabytes of memory; here an unknown one goes by its first word.
"""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Headless Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


_MOST_OF_A_WORD = 40


def described(user_agent: str) -> str:
    """`<system> (<browser>)`; of `client/1.0`, whose system nobody knows, ` (client)`, as Hanko writes it."""
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    word = user_agent.partition("/")[0].partition(" ")[0][:_MOST_OF_A_WORD]
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), word)
    return f"{system} ({browser})"
