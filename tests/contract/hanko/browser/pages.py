"""Pages with the published packages: the quickstart's own folder, and for what it does not show the barest of pages.

Every package comes from the page's own origin, out of the folder that npm filled.
"""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.conftest import NODE_MODULES

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "hanko-elements"
ELEMENTS, CLASSIC_ELEMENTS = "elements", "classic-elements"
SDK, SDK_1, CLASSIC_SDK = "sdk", "sdk-1", "classic-sdk"
_BUNDLES = {
    ELEMENTS: "@teamhanko/hanko-elements/dist/elements.js",
    CLASSIC_ELEMENTS: "hanko-elements-classic/dist/elements.js",
    SDK: "@teamhanko/hanko-frontend-sdk/dist/sdk.modern.js",
    SDK_1: "hanko-frontend-sdk-1/dist/sdk.modern.js",
    CLASSIC_SDK: "hanko-frontend-sdk-classic/dist/sdk.modern.js",
}
_EVENTS = ("hanko-session-created", "hanko-session-expired", "hanko-user-logged-out", "hanko-user-deleted")
_NO_STORE = {"Cache-Control": "no-store"}


def pages(broker_url: str) -> Starlette:
    """The quickstart at `/`; at `/with/BUNDLE/TAG+TAG` some components, at `/with/BUNDLE/` none.

    The classic SDK takes the whole query out of the address, so the page is named by its path.
    """

    async def quickstart(_request: Request) -> Response:
        text = (EXAMPLE / "index.html").read_text().replace("http://localhost:8000", broker_url)
        return HTMLResponse(text, headers=_NO_STORE)

    async def bare(request: Request) -> Response:
        return HTMLResponse(_bare(broker_url, **request.path_params), headers=_NO_STORE)

    return Starlette(
        routes=[
            Route("/", quickstart),
            Route("/with/{bundle}/{tags:path}", bare),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
            Mount("/node_modules", StaticFiles(directory=NODE_MODULES, check_dir=False)),
            Mount("/", StaticFiles(directory=EXAMPLE)),
        ]
    )


def _bare(broker_url: str, *, bundle: str, tags: str) -> str:
    """A page that keeps the names of the events it heard in `window.heard`; its SDK is `window.hanko`."""
    is_sdk = not tags
    body = "".join(f"<{tag}></{tag}>" for tag in tags.split("+") if tag)
    register = f'(await module.register("{broker_url}", {{enablePasskeys: false}})).hanko'
    script = f"""
        window.heard = [];
        for (const name of {list(_EVENTS)}) document.addEventListener(name, () => heard.push(name));
        const module = window.module = await import("../../node_modules/{_BUNDLES[bundle]}");
        window.hanko = {f'new module.Hanko("{broker_url}")' if is_sdk else register};
    """
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">'
    return f'{head}<body>{body}<script type="module">{script}</script>'
