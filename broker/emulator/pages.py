"""The pages people see, rendered from templates that are compiled once, with headers that allow no more than they need.

They work without script. The one script there is submits the form of `form_post`, which has a button as well.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from broker.emulator.people import Person
from broker.emulator.registrations import Registration

_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "style.css").read_text(encoding="utf-8")
_SUBMIT = "document.forms[0].submit()"

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Both are our own files' text, and a hash in the policy speaks for exactly these bytes.
_ENVIRONMENT.globals |= {"style": Markup(_STYLE), "submit_script": Markup(_SUBMIT)}  # noqa: S704


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _policy(*, form_action: str, script: str = "'none'") -> str:
    return (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {script}; img-src data:; "
        f"form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )


# A form's redirects count as its action: choosing a person ends at an application that this server cannot know.
_FORM_POLICY = _policy(form_action="'self' http: https:")
_FORM_POST_POLICY = _policy(form_action="http: https:", script=_hash(_SUBMIT))
_QUIET_POLICY = _policy(form_action="'none'")


def _page(template: str, *, policy: str, status: int = 200, **values: object) -> Response:
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        # The browsers' default, and Microsoft's: an Origin is sent with the form of form_post.
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    html = _ENVIRONMENT.get_template(template).render(values)
    return HTMLResponse(html, status_code=status, headers=headers)


def sign_in_page(
    *,
    action: str,
    request_query: str,
    returns_to: str,
    people: Sequence[Person],
    typed: str = "",
    signed_in: Person | None = None,
    problem: str | None = None,
) -> Response:
    """The page that asks who is there; `request_query` is the authorization request, sent back with the choice."""
    return _page(
        "sign_in.html",
        policy=_FORM_POLICY,
        action=action,
        request_query=request_query,
        returns_to=returns_to,
        people=people,
        typed=typed,
        signed_in=signed_in,
        problem=problem,
    )


def error_page(*, status: int, text: str, details: Mapping[str, str], choose_again: str | None) -> Response:
    """The page where a sign-in ends that cannot go on."""
    return _page(
        "error.html", policy=_QUIET_POLICY, status=status, text=text, details=details, choose_again=choose_again
    )


def form_post_page(action: str, members: Mapping[str, str]) -> Response:
    """The self-submitting form of `response_mode=form_post`, with a button for a browser without script."""
    return _page("form_post.html", policy=_FORM_POST_POLICY, action=action, members=members)


def home_page(*, base: str, people: Sequence[Person], registrations: Sequence[Registration]) -> Response:
    """What this server is, who can sign in and which applications it knows."""
    return _page("home.html", policy=_QUIET_POLICY, base=base, people=people, registrations=registrations)


def explanation_page(*, number: int, error: str, text: str) -> Response:
    """What an AADSTS number means; `error_uri` of each error points here."""
    return _page("explanation.html", policy=_QUIET_POLICY, number=number, error=error, text=text)
