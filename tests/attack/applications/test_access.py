"""Every management call without the right key: each endpoint of the table, so that a new one cannot be left open."""

from broker.web.access import navigation, public
from broker.web.surface import Endpoint
from broker.web.workos.access import application_key
from broker.web.workos.routes import BROWSER, EXCHANGES, MANAGEMENT
from tests.attack.applications.kinds import every_kind
from tests.attack.applications.test_origins import path_of
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.plain.calls import bearer
from tests.observed import all_rows, written

WITHOUT_A_KEY = {
    "GET /sso/jwks/{client_id}": "keys that everybody may know",
    "GET /sso/profile": "takes a token of its own",
    "GET /sso/logout": "takes a leave that is good once",
    "POST /sso/token": "the body says who asks",
    "POST /user_management/authenticate": "the body says who asks",
    "GET /sso/authorize": "a page load",
    "GET /user_management/authorize": "a page load",
    "GET /user_management/sessions/logout": "a page load, or a script that reads no answer",
}


def behind_a_key() -> list[Endpoint]:
    return [endpoint for endpoint in MANAGEMENT if endpoint.access is application_key]


def test_what_takes_no_key_is_told_one_by_one() -> None:
    every = (*BROWSER, *EXCHANGES, *MANAGEMENT)

    assert {f"{one.method} {one.path}" for one in every if one.access is not application_key} == set(WITHOUT_A_KEY)
    assert {one.path for one in every if one.access in (public, navigation)} < {
        name.partition(" ")[2] for name in WITHOUT_A_KEY
    }


async def test_no_management_call_is_served_without_a_key_or_with_anything_else(
    broker: RunningBroker, program: Browser
) -> None:
    kinds = await every_kind(broker)
    for key in ("API key", "another application's API key"):
        del kinds[key]
    before = await all_rows(broker.application.broker.store)

    served = []
    for endpoint in behind_a_key():
        for kind, value in {"nothing": "", "a made-up key": "sk_0123456789abcdef01234567", **kinds}.items():
            headers = bearer(value) if value else {}
            page = await program.send(endpoint.method, path_of(endpoint), headers=headers, json={})
            if page.status != 401 or page.body not in (b'{"message":"Unauthorized"}',):
                served.append((endpoint.method, endpoint.path, kind, page.status))

    assert served == []
    assert written(before, await all_rows(broker.application.broker.store)) == {}
