"""Patterns of URLs and origins, as several sections take them: what is certainly wrong with one is said where it is."""

import re
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from broker.config.sections.section import Unfit, parts_of
from broker.config.sections.urls import split_url


def _redirect_pattern(text: str, info: ValidationInfo) -> str:
    """Only what is certainly wrong: the rest is the allowlist's business, which is asked where it is at hand."""
    if not text or len(text) > 2048 or re.search(r"[\s\x00-\x1f\x7f\\]", text):
        raise Unfit("is no pattern of URLs", "for example https://app.example.com/**")
    if text != "**" and "://" not in text:
        raise Unfit("has no scheme", "for example https://app.example.com/**")
    if mistake := parts_of(info.context).redirect_pattern(text):
        raise Unfit(mistake)
    return text


def _origin_pattern(text: str, info: ValidationInfo) -> str:
    """An origin, or one with `*` inside labels of its host."""
    if "**" in text or text == "*":
        raise Unfit(
            "admits everybody: any site could read and change a signed-in person's data",
            "name the origins, for example https://app.example.com or https://*.example.com",
        )
    if text == "null":
        raise Unfit("is no origin of yours: sandboxed frames of any site send it")
    host = re.match(r"https?://([^/?#]*)", text)
    if host is not None and re.search(r":[0-9]*\*", host[1]):
        raise Unfit("has a wildcard in the port", "name each port")
    url = split_url(text.replace("*", "x"))
    if url.rest:
        raise Unfit("is no origin: it has a path", "write it without anything behind the host and port")
    if mistake := parts_of(info.context).origin_pattern(text):
        raise Unfit(mistake)
    return text


RedirectPattern = Annotated[str, AfterValidator(_redirect_pattern)]
OriginPattern = Annotated[str, AfterValidator(_origin_pattern)]
