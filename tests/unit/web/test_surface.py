"""How a face is put together: access before the handler, methods by the table, errors spelled once."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Router

from broker import errors
from broker.app import Application
from broker.config.load import load_mapping
from broker.web.access import navigation, no_page, public
from broker.web.broker import Broker
from broker.web.errors import JsonDialect
from broker.web.surface import Access, Endpoint, Handler, buckets, mount
from tests.brokers import settings
from tests.unit.web.asgi import Answer, a_scope, ask


@pytest.fixture
async def inside(tmp_path: Path) -> Broker:
    tree = settings(public_url="http://localhost:8000", emulator=None, database="sqlite:///broker.db")
    tree["session"] = {"jwt": {"algorithm": "EdDSA"}}
    application = await Application.open(load_mapping(tree, {}, name="test").config, base_dir=tmp_path)
    await application.close()
    return application.broker


def raising(error: Exception) -> Handler:
    async def handler(_request: Request, _broker: Broker) -> Response:
        raise error

    return handler


async def fine(request: Request, _broker: Broker) -> Response:
    return PlainTextResponse(request.method)


def an_endpoint(method: str = "GET", handler: Handler = fine, access: Access = public, path: str = "/x") -> Endpoint:
    return Endpoint(method=method, path=path, handler=handler, access=access)


async def answer(
    inside: Broker, *endpoints: Endpoint, method: str = "GET", headers: Sequence[tuple[str, str]] = ()
) -> Answer:
    app = Router(routes=mount(endpoints, JsonDialect()))
    return await ask(app, a_scope(method, "/x", headers=headers, broker=inside))


async def test_each_method_of_a_path_has_its_own_handler(inside: Broker) -> None:
    table = (an_endpoint("GET"), an_endpoint("POST"))
    for method in ("GET", "POST"):
        assert (await answer(inside, *table, method=method)).body == method.encode()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_method_that_the_table_does_not_name_is_refused_with_those_it_names(method: str, inside: Broker) -> None:
    """HEAD too: a link preview must not use up a callback."""
    refused = await answer(inside, an_endpoint("GET"), an_endpoint("POST"), method=method)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST")


async def test_handler_is_not_reached_by_whom_access_refuses(inside: Broker) -> None:
    async def nobody(_request: Request, _broker: Broker) -> Response | None:
        raise errors.NotPermitted("nobody")

    refused = await answer(inside, an_endpoint(handler=raising(AssertionError()), access=nobody))
    assert (refused.status, json.loads(refused.body)) == (403, {"code": 403, "message": "Forbidden"})


async def test_access_may_answer_in_place_of_the_handler(inside: Broker) -> None:
    prefetched = await answer(
        inside,
        an_endpoint(handler=raising(AssertionError()), access=navigation),
        headers=[("sec-purpose", "prefetch;anonymous-client-ip")],
    )
    assert (prefetched.status, prefetched.body) == (204, b"")


@pytest.mark.parametrize("destination", ["iframe", "image", "empty", "script", "", "DOCUMENT"])
async def test_only_a_page_load_is_a_navigation(destination: str, inside: Broker) -> None:
    refused = await answer(inside, an_endpoint(access=navigation), headers=[("sec-fetch-dest", destination)])
    assert refused.status == 400


@pytest.mark.parametrize("headers", [[], [("sec-fetch-dest", "document")]])
async def test_page_load_and_a_client_that_says_nothing_are_navigations(
    headers: list[tuple[str, str]], inside: Broker
) -> None:
    assert (await answer(inside, an_endpoint(access=navigation), headers=headers)).status == 200


@pytest.mark.parametrize("origin", ["http://localhost:8001", "null", ""])
async def test_page_may_not_ask_where_no_page_may(origin: str, inside: Broker) -> None:
    assert (await answer(inside, an_endpoint(access=no_page), headers=[("origin", origin)])).status == 403
    assert (await answer(inside, an_endpoint(access=no_page))).status == 200


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (errors.InvalidRequest("value is a required field"), 400, "value is a required field"),
        (errors.NotAuthenticated("secret detail"), 401, "Unauthorized"),
        (errors.NotPermitted("secret detail"), 403, "Forbidden"),
        (errors.IdentityRefused("secret detail"), 403, "Forbidden"),
        (errors.NotFound("token not found"), 404, "token not found"),
        (errors.Conflict("taken"), 409, "taken"),
        (errors.CodeExpired("token has expired"), 422, "token has expired"),
        (errors.RateLimited("secret detail"), 429, "Too Many Requests"),
        (errors.StoreUnavailable("secret detail"), 503, "Service Unavailable"),
        (errors.UpstreamUnavailable("secret detail"), 503, "Service Unavailable"),
        (errors.StoreError("secret detail"), 500, "Internal Server Error"),
        (errors.SealBroken("secret detail", secret_id="x"), 500, "Internal Server Error"),
        (errors.TokenInvalid("nonce", "secret detail"), 400, "Bad Request"),
        (errors.RedirectNotAllowed("secret rule"), 400, "Bad Request"),
        (RuntimeError("secret detail"), 500, "Internal Server Error"),
    ],
)
async def test_error_is_spelled_by_its_class_and_tells_only_what_the_caller_can_change(
    error: Exception, status: int, message: str, inside: Broker
) -> None:
    refused = await answer(inside, an_endpoint(handler=raising(error)))
    assert (refused.status, json.loads(refused.body)) == (status, {"code": status, "message": message})
    assert ("retry-after" in refused.headers) is (status in (429, 503))


async def test_time_to_come_back_is_the_errors_own_where_it_has_one(inside: Broker) -> None:
    refused = await answer(inside, an_endpoint(handler=raising(errors.RateLimited("x", retry_after=17))))
    assert refused.headers["retry-after"] == "17"


def test_bucket_counts_a_path_up_to_its_first_parameter() -> None:
    table = [
        Endpoint(method="GET", path="/a", handler=fine, access=public, bucket="starts"),
        Endpoint(method="GET", path="/b/{id}", handler=fine, access=public, bucket="tokens"),
        Endpoint(method="GET", path="/c", handler=fine, access=public),
    ]
    assert buckets(table) == {"/a": "starts", "/b/": "tokens"}
