"""Each endpoint of the admin API is opened by its own scope and by no other: every pair, from the route tables."""

import re

from broker.models.keys import SCOPES
from broker.web.admin.routes import ADMIN as PLAIN_ADMIN
from broker.web.hanko.admin.routes import ADMIN
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.admin.test_users import Operator

NOBODY = "00000000-0000-4000-8000-000000000000"
_SCOPED = re.compile(r"admin_scope\((.+)\)")


def scoped() -> list[tuple[str, str, str]]:
    """Method, path and scope of every endpoint that asks for one."""
    found = []
    for endpoint in (*ADMIN, *PLAIN_ADMIN):
        if scope := _SCOPED.fullmatch(getattr(endpoint.access, "__name__", "")):
            found.append((endpoint.method, re.sub(r"\{[^}]+\}", NOBODY, endpoint.path), scope[1]))
    return found


def test_every_endpoint_of_hankos_admin_api_asks_for_a_scope_and_every_scope_opens_something() -> None:
    assert len(scoped()) == len(ADMIN) + 1
    assert {scope for _, _, scope in scoped()} == set(SCOPES)


async def test_endpoint_is_opened_by_its_own_scope_and_by_no_other(broker: RunningBroker, program: Browser) -> None:
    wrong = []
    for held in SCOPES:
        made = await broker.application.broker.api_keys.create(f"only {held}", scopes=(held,))
        holder = Operator(program, made.key, broker.admin_url)
        for method, path, scope in scoped():
            status = (await holder.ask(method, path, {} if method in ("POST", "PUT", "PATCH") else None)).status
            opened = status not in (401, 403)
            if opened != (held == scope) or status >= 500:
                wrong.append((method, path, held, status))
    assert wrong == []


async def test_key_with_no_scope_left_opens_nothing(broker: RunningBroker, program: Browser) -> None:
    made = await broker.application.broker.api_keys.create("nothing", scopes=())
    holder = Operator(program, made.key, broker.admin_url)
    assert {(await holder.ask(method, path)).status for method, path, _ in scoped()} == {403}


async def test_without_a_key_or_with_a_wrong_one_nothing_opens(broker: RunningBroker, program: Browser) -> None:
    stranger = Operator(program, "bk_wrong", broker.admin_url)
    assert {(await stranger.ask(method, path)).status for method, path, _ in scoped()} == {401}
