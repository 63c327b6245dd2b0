"""Pages with nothing but authkit-js, as npm delivers it, at addresses that say how it is set up."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.conftest import NODE_MODULES
from tests.contract.workos.applications import CLIENT_ID

NEWEST, BEFORE = "@workos-inc/authkit-js", "workos-authkit-js-before"
COOKIE, STORAGE = "cookie", "storage"
"""How the SDK keeps its refresh token: in our cookie, or in the page's own storage (`devMode`)."""
BUNDLES = {"newest": NEWEST, "before": BEFORE}
PATHS = tuple(f"/{bundle}/{mode}/" for bundle in BUNDLES for mode in (COOKIE, STORAGE))


def pages(broker_url: str) -> Starlette:
    """At each of PATHS a page that is signed in when `client.getUser()` is somebody; anywhere else an empty one."""

    async def page(request: Request) -> Response:
        return HTMLResponse(_page(broker_url, **request.path_params), headers={"Cache-Control": "no-store"})

    async def empty(_request: Request) -> Response:
        return HTMLResponse('<!doctype html><title>Empty</title><link rel="icon" href="data:,">')

    return Starlette(
        routes=[
            Route("/{bundle}/{mode}/", page),
            Mount("/node_modules", StaticFiles(directory=NODE_MODULES, check_dir=False)),
            Route("/{path:path}", empty),
        ]
    )


def _page(broker_url: str, *, bundle: str, mode: str) -> str:
    """`window.client` is the SDK's; what it tells of is kept in `window.told`."""
    broker = urlsplit(broker_url)
    options: Mapping[str, Any] = {
        "apiHostname": broker.hostname,
        "port": broker.port,
        "https": broker.scheme == "https",
        "devMode": mode == STORAGE,
    }
    script = f"""
        window.told = {{refreshed: 0, failed: 0}};
        const {{ createClient }} = await import("/node_modules/{BUNDLES[bundle]}/dist/index.mjs");
        window.client = await createClient("{CLIENT_ID}", {{
            ...{json.dumps(options)},
            redirectUri: location.origin + location.pathname,
            onRedirectCallback: given => told.state = given.state,
            onRefresh: () => told.refreshed += 1,
            onRefreshFailure: () => told.failed += 1,
        }});
    """
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">'
    return f'{head}<body><script type="module">{script}</script>'
