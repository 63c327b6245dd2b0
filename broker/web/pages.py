"""Pages of ours: few, plain, without script, under a strict policy; every sentence comes from `web/strings`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from broker.providers.base import SignsOut
from broker.web.broker import Broker
from broker.web.strings import PAGES

_FOLDER = Path(__file__).parent / "templates"
_ENVIRONMENT = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"


def index(request: Request, broker: Broker) -> Response:
    """Who we are."""
    return render("index.html", broker)


def error(
    request: Request, broker: Broker, *, sentence: str, reference: str, status: int, title: str = PAGES["error_title"]
) -> Response:
    """A failure that no URL can be told about."""
    return render("error.html", broker, status=status, title=title, sentence=sentence, reference=reference)


def sign_out(request: Request, broker: Broker, *, return_to: str | None, there: SignsOut | None = None) -> Response:
    """A page that asks before it signs out, here and at the provider `there`.

    `form-action` names where the form's redirects may end, and every place on the way.
    """
    back = () if return_to is None else (_origin(return_to),)
    passed = () if there is None else there.sign_out_origins
    form_action = " ".join(dict.fromkeys(("'self'", *passed, *back)))
    also = None if there is None else there.display_name
    return render("sign_out.html", broker, form_action=form_action, return_to=return_to, also=also)


def signed_out(request: Request, broker: Broker) -> Response:
    """Nothing left to do."""
    return render("signed_out.html", broker)


@cache
def stylesheet() -> bytes:
    """The one style sheet."""
    return (_FOLDER / "broker.css").read_bytes()


def render(
    name: str,
    broker: Broker,
    *,
    text: Mapping[str, str] = PAGES,
    status: int = 200,
    form_action: str = "'none'",
    **content: object,
) -> Response:
    """The template of this name, under our policy; `text` holds its sentences in one language."""
    html = _template(name).render(
        text=text, service=broker.rules.service_name, emulator=broker.rules.uses_emulator, **content
    )
    headers = {"Content-Security-Policy": f"{_POLICY}; form-action {form_action}"}
    if form_action != "'none'":
        # With no-referrer the form's POST would come with `Origin: null`, which we refuse.
        headers["Referrer-Policy"] = "same-origin"
    return HTMLResponse(html, status_code=status, headers=headers)


@cache
def _template(name: str) -> Template:
    return _ENVIRONMENT.get_template(name)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
