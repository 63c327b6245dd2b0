"""The quickstart page with the published packages, served as anybody would serve it: a folder of files."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "hanko-elements"
NODE_MODULES = Path(os.environ.get("BROKER_TEST_NODE_MODULES", Path(__file__).parents[3] / "node_modules"))


def quickstart(broker_url: str) -> Starlette:
    """The example's folder, with the broker's address in its page."""

    async def index(_request: Request) -> Response:
        text = (EXAMPLE / "index.html").read_text().replace("http://localhost:8000", broker_url)
        return Response(text, media_type="text/html", headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/", index),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
            Mount("/node_modules", StaticFiles(directory=NODE_MODULES, check_dir=False)),
            Mount("/", StaticFiles(directory=EXAMPLE)),
        ]
    )
