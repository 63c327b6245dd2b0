"""From a path to what serves it, and to the template that stands in the log for it."""

import pytest
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from broker.web.paths import Paths
from tests.unit.web.asgi import a_scope, ask


class Named:
    """An app that answers with its name and the path parameters it was given."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        body = f"{self._name} {scope.get('path_params', {})}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def table() -> Paths:
    routes: list[tuple[str, ASGIApp]] = [
        ("/things/{id}", Named("one")),
        ("/things/mine", Named("mine")),
        ("/things", Named("all")),
    ]
    return Paths([Route(path, app) for path, app in routes], default=Named("none"))


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/things", "all {}"),
        ("/things/mine", "mine {}"),
        ("/things/17", "one {'id': '17'}"),
        ("/things/", "none {}"),
        ("/things/17/18", "none {}"),
        ("/Things", "none {}"),
        ("", "none {}"),
    ],
)
async def test_path_is_served_by_the_one_that_is_spelled_out_first(path: str, served: str) -> None:
    assert (await ask(table(), a_scope(path=path))).body.decode() == served


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/things", "/things"),
        ("/things/mine", "/things/mine"),
        ("/things/alice@alder.example", "/things/{id}"),
        ("/things/", None),
        ("/{things}", None),
        ("", None),
    ],
)
def test_template_of_a_path_says_nothing_of_its_parameters(path: str, template: str | None) -> None:
    assert table().template_of(path) == template
