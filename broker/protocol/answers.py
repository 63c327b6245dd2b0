"""What the endpoints of a provider may answer that is no answer at all: throttled, down, or a page for people."""

from broker.errors import UpstreamUnavailable

_PAGES = frozenset({"text/html", "application/xhtml+xml"})


def refuse_no_answer(endpoint: str, *, status: int, content_type: str, unverified_body: bytes) -> None:
    """Raise `UpstreamUnavailable` for 429, for 5xx, for a redirect (never followed) and for a page.

    A throttled or failing server answers in whatever it likes (bare text, HTML), so its body is not read.
    """
    if status == 429 or not 200 <= status < 500 or 300 <= status < 400:
        raise UpstreamUnavailable(f"{endpoint}: status {status}")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _PAGES or unverified_body.lstrip()[:1] == b"<":
        raise UpstreamUnavailable(f"{endpoint}: status {status} with a page")
