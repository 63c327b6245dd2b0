"""Lists of the admin API page as those of Hanko's do: the total, and links to the other pages with the whole query."""

import pytest

from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.admin.test_users import Operator, told

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def operator(broker: RunningBroker, program: Browser) -> Operator:
    made = await broker.application.broker.api_keys.create("tests")
    return Operator(program, made.key, broker.admin_url)


@pytest.fixture
async def three(operator: Operator) -> list[str]:
    """Three users, oldest first."""
    made: list[str] = []
    for name in ("ann", "bob", "carl"):
        address = {"address": f"{name}@example.com", "is_primary": True, "is_verified": True}
        body = {"emails": [address], "created_at": f"2026-01-0{len(made) + 1}T00:00:00Z"}
        made.append(told(await operator.ask("POST", "/users", body))["id"])
    return made


@pytest.mark.parametrize(
    ("query", "total", "rows", "links"),
    [
        ("?page=1&per_page=2&zz=1", 3, 2, "page=2&per_page=2&zz=1 last,page=2&per_page=2&zz=1 next"),
        ("?per_page=2&page=2", 3, 1, "page=1&per_page=2 first,page=1&per_page=2 prev"),
        ("?email=b&sort_direction=asc", 1, 1, "email=b&page=1&per_page=20&sort_direction=asc first"),
        (f"?user_id={NOBODY}", 0, 0, f"page=1&per_page=20&user_id={NOBODY} first"),
        ("?page=99", 3, 0, "page=1&per_page=20 first,page=1&per_page=20 last,page=98&per_page=20 prev"),
        ("", 3, 3, "page=1&per_page=20 first"),
    ],
)
async def test_page_leads_to_the_others(
    broker: RunningBroker, operator: Operator, three: list[str], query: str, total: int, rows: int, links: str
) -> None:
    page = await operator.ask("GET", f"/users{query}")
    assert (page.status, page.headers["X-Total-Count"], len(told(page))) == (200, str(total), rows)
    shown = [link.rpartition(" ") for link in links.split(",")]
    assert page.headers["Link"] == ",".join(f'<{broker.admin_url}/users?{at}>; rel="{rel}"' for at, _, rel in shown)


async def test_newest_comes_first_unless_asked_otherwise(operator: Operator, three: list[str]) -> None:
    assert [each["id"] for each in told(await operator.ask("GET", "/users"))] == three[::-1]
    assert [each["id"] for each in told(await operator.ask("GET", "/users?sort_direction=asc"))] == three
    both = await operator.ask("GET", f"/users?user_id={three[0].upper()},%20{three[2]}")
    assert {each["id"] for each in told(both)} == {three[0], three[2]}


async def test_list_shows_no_identities_and_the_user_does(operator: Operator, alice: Browser) -> None:
    me = told(await alice.get("/me"))
    [listed] = told(await operator.ask("GET", "/users"))
    read = told(await operator.ask("GET", f"/users/{me['id']}"))
    assert set(read) - set(listed) == {"identities"}
    [identity] = read["identities"]
    assert identity["provider_name"] == "microsoft"
    assert identity["email_id"] == read["emails"][0]["id"]
    assert set(identity) == {"id", "provider_id", "provider_name", "email_id", "created_at", "updated_at"}


async def test_addresses_are_added_read_chosen_and_removed(operator: Operator, three: list[str]) -> None:
    path = f"/users/{three[0]}/emails"
    added = await operator.ask("POST", path, {"address": "Ann2@example.com", "is_primary": False, "is_verified": True})
    email = told(added)
    assert (added.status, email["address"], email["is_primary"]) == (201, "ann2@example.com", False)
    assert told(await operator.ask("GET", f"{path}/{email['id']}")) == email
    assert (await operator.ask("POST", f"{path}/{email['id']}/set_primary")).status == 204
    primary = {each["address"]: each["is_primary"] for each in told(await operator.ask("GET", path))}
    assert primary == {"ann@example.com": False, "ann2@example.com": True}
    old = next(each["id"] for each in told(await operator.ask("GET", path)) if not each["is_primary"])
    assert (await operator.ask("DELETE", f"{path}/{old}")).status == 204
    assert told(await operator.ask("GET", f"/users/{NOBODY}/emails")) == []
