"""A picture that an operator gives us to show: known by its first bytes, whatever its name says."""

from dataclasses import dataclass, field
from typing import Final

MOST_PICTURE_BYTES: Final = 256 * 1024
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_BEFORE_SVG: Final = ((b"<?xml", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE svg", b">"))


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is served, and as what. `name` changes with the content."""

    content: bytes = field(repr=False)
    media_type: str
    name: str


def media_type_of(content: bytes) -> str | None:
    """PNG, JPEG, GIF, WebP or SVG by what the file begins with; `None` for anything else."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if _is_svg(content) else None


def _is_svg(content: bytes) -> bool:
    """Whether the first element is one, behind what may stand before it (XML 1.0 section 2.8)."""
    place = len(b"\xef\xbb\xbf") if content.startswith(b"\xef\xbb\xbf") else 0
    while place < len(content):
        if content[place : place + 1].isspace():
            place += 1
            continue
        ends = [end for begin, end in _BEFORE_SVG if content.startswith(begin, place)]
        if not ends:
            return content.startswith((b"<svg>", b"<svg/", b"<svg ", b"<svg\n", b"<svg\r", b"<svg\t"), place)
        found = content.find(ends[0], place)
        if found < 0:
            return False
        place = found + len(ends[0])
    return False
