"""The authorization response's way back: by query, by fragment or by a form that posts itself.

Sources: OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from broker.emulator.pages import form_post_page

RESPONSE_MODES = ("query", "fragment", "form_post")
NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


def readable_by_pages(request: Request) -> dict[str, str]:
    """The header that lets a page's script read the answer, where a script asked."""
    return {"Access-Control-Allow-Origin": "*"} if "origin" in request.headers else {}


@dataclass(frozen=True, kw_only=True)
class ReplyTo:
    """Where and how the answer goes: a redirect URI that was found registered, the mode, and `state` to echo."""

    redirect_uri: str
    mode: str = "query"
    state: str | None = None


def reply(reply_to: ReplyTo, members: Mapping[str, str]) -> Response:
    """The authorization response with these parameters and the request's `state`.

    There is no `iss` among them: Microsoft does not implement RFC 9207.
    """
    parameters = dict(members)
    if reply_to.state is not None:
        parameters["state"] = reply_to.state
    if reply_to.mode == "form_post":
        return form_post_page(reply_to.redirect_uri, parameters)
    return RedirectResponse(_address(reply_to, parameters), status_code=302, headers=NO_STORE)


def _address(reply_to: ReplyTo, parameters: Mapping[str, str]) -> str:
    target, encoded = reply_to.redirect_uri, urlencode(parameters)
    parts = urlsplit(target)
    if not parts.path:
        # Microsoft puts the root path into a redirect URI that was registered without one.
        target = parts._replace(path="/").geturl()
    if reply_to.mode == "fragment":
        return f"{target}#{encoded}"
    return f"{target}{'&' if parts.query else '?'}{encoded}"
