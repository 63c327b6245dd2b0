"""The pages people see, rendered from templates that are compiled once, with headers that allow no more than they need.

They work without script. The one script there is submits the form of `form_post`, which has a button as well.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from broker.emulator.people import Person
from broker.emulator.registrations import Registration
from broker.emulator.sessions import Session

_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "style.css").read_text(encoding="utf-8")
_SUBMIT = "document.forms[0].submit()"
# Away when every frame has loaded, and after five seconds in any case.
_LEAVE = (
    "const leave = () => location.replace(document.getElementById('continue').href);"
    "addEventListener('load', leave); setTimeout(leave, 5000)"
)

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
# All are our own files' text, and a hash in the policy speaks for exactly these bytes.
_TRUSTED = {"style": _STYLE, "submit_script": _SUBMIT, "leave_script": _LEAVE}
_ENVIRONMENT.globals |= {name: Markup(text) for name, text in _TRUSTED.items()}  # noqa: S704


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _policy(*, form_action: str, script: str = "'none'", frames: str = "'none'") -> str:
    return (
        f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {script}; img-src data:; frame-src {frames}; "
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
    signed_in: frozenset[str] = frozenset(),
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


def consent_page(
    *,
    action: str,
    fields: Mapping[str, str],
    application: str,
    person: Person,
    permissions: Sequence[tuple[str, str]],
    for_directory: str | None = None,
    only_for_directory: bool = False,
) -> Response:
    """The page that asks whether an application may have these permissions, each with what it allows.

    `for_directory` names the directory for which this person may consent as well, or alone.
    """
    return _page(
        "consent.html",
        policy=_FORM_POLICY,
        action=action,
        fields=fields,
        application=application,
        person=person,
        permissions=permissions,
        for_directory=for_directory,
        only_for_directory=only_for_directory,
    )


def error_page(*, status: int, text: str, details: Mapping[str, str], choose_again: str | None) -> Response:
    """The page where a sign-in ends that cannot go on."""
    return _page(
        "error.html", policy=_QUIET_POLICY, status=status, text=text, details=details, choose_again=choose_again
    )


def choose_session_page(*, action: str, parameters: Mapping[str, str], sessions: Sequence[Session]) -> Response:
    """The page that asks which account is to be signed out; `parameters` are the request's, sent back with it."""
    return _page("choose_session.html", policy=_FORM_POLICY, action=action, parameters=parameters, sessions=sessions)


def signed_out_page(*, frames: Sequence[str], target: str | None, names: Sequence[str]) -> Response:
    """The page that loads the applications' logout URLs, and then goes on to `target` if there is one."""
    origins = sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, frames)})
    policy = _policy(form_action="'none'", script=_hash(_LEAVE), frames=" ".join(origins) or "'none'")
    return _page("signed_out.html", policy=policy, frames=frames, target=target, names=names)


def form_post_page(action: str, members: Mapping[str, str]) -> Response:
    """The self-submitting form of `response_mode=form_post`, with a button for a browser without script."""
    return _page("form_post.html", policy=_FORM_POST_POLICY, action=action, members=members)


def home_page(*, base: str, people: Sequence[Person], registrations: Sequence[Registration], control: bool) -> Response:
    """What this server is, who can sign in and which applications it knows; with control, where the requests are."""
    return _page(
        "home.html", policy=_QUIET_POLICY, base=base, people=people, registrations=registrations, control=control
    )


def received_page(*, requests: Sequence[Mapping[str, object]]) -> Response:
    """The last requests and what was wrong with each."""
    return _page("received.html", policy=_QUIET_POLICY, requests=requests)


def explanation_page(*, number: int, error: str, text: str) -> Response:
    """What an AADSTS number means; `error_uri` of each error points here."""
    return _page("explanation.html", policy=_QUIET_POLICY, number=number, error=error, text=text)
