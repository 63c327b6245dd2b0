"""What a picture is, is said by its first bytes."""

import pytest

from broker.models.pictures import media_type_of


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg>", "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg viewBox="0 0 1 1"/>', "image/svg+xml"),
        (b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "a" "b"><svg>', "image/svg+xml"),
        (b"", None),
        (b"<html><svg>", None),
        (b"<svgx>", None),
        (b"<script>alert(1)</script>", None),
        (b"<!-- <svg> -->", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"%PDF-1.7", None),
    ],
)
def test_picture_is_known_by_its_first_bytes(content: bytes, media_type: str | None) -> None:
    assert media_type_of(content) == media_type


def test_picture_of_comments_without_end_is_read_quickly() -> None:
    assert media_type_of(b"<!-- " * 50_000) is None
    assert media_type_of(b"<!---->" * 30_000 + b"<svg>") == "image/svg+xml"
    assert media_type_of(b"<!---->" * 30_000 + b"<p>") is None
