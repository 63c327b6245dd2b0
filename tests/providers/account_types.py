"""`python -m tests.providers.account_types`: who can sign in, by registration, tenant and kind of account.

The table of account types, as Microsoft documents it, spelled out by hand and held against a running broker with the
emulator behind it. Each cell is what the person meets in the end: signed in, and by which directory's word; our error;
or Microsoft's own page, where they are stuck.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.brokers import RunningBroker, running_broker
from tests.browsers import Browser
from tests.observed import log_lines
from tests.peers.microsoft import MicrosoftPeer, running_microsoft

ALDER = "a1de0000-0000-4000-8000-000000000001"
BIRCH = "b12c0000-0000-4000-8000-000000000002"
DIRECTORIES = {ALDER: "Alder", BIRCH: "Birch", "9188040d-6c67-4c5b-b112-36a304b66dad": "personal"}

PEOPLE = {
    "alice": "member of Alder",
    "mallory": "member of Birch",
    "frank": "of Birch, guest in Alder",
    "grace": "guest in Alder only",
    "dave": "personal",
    "erin": "personal, guest in Alder",
}
REGISTRATIONS = {
    "AzureADMyOrg": "c11e0000-0000-4000-8000-000000000001",
    "AzureADMultipleOrgs": "c11e0000-0000-4000-8000-000000000002",
    "AzureADandPersonalMicrosoftAccount": "c11e0000-0000-4000-8000-00000000000c",
    "PersonalMicrosoftAccount": "c11e0000-0000-4000-8000-000000000003",
}
"""`signInAudience`, and the emulator's registration of that kind; the first one is Alder's."""

TENANTS = ("common", "organizations", "consumers", ALDER, "alder.example", BIRCH)

_NOBODY = dict.fromkeys(PEOPLE, "page 50020")
_ALDER = _NOBODY | {"alice": "Alder", "frank": "Alder", "grace": "Alder", "erin": "Alder"}
_BIRCH = _NOBODY | {"mallory": "Birch", "frank": "Birch"}
_DIRECTORIES = _NOBODY | {"alice": "Alder", "mallory": "Birch", "frank": "Birch"}
_PERSONAL = {"dave": "personal", "erin": "personal"}
_MISFIT = dict.fromkeys(PEOPLE, "provider_misconfigured")


def _stuck(number: int) -> dict[str, str]:
    return dict.fromkeys(PEOPLE, f"page {number}")


EXPECTED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "AzureADMyOrg": {
        "common": _MISFIT,  # 50194, which was seen to come back
        "organizations": _MISFIT,
        "consumers": _stuck(9002332),
        ALDER: _ALDER,
        "alder.example": _ALDER,
        BIRCH: _stuck(700016),
    },
    "AzureADMultipleOrgs": {
        # The personal half names no number.
        "common": _DIRECTORIES | dict.fromkeys(_PERSONAL, "provider_misconfigured"),
        "organizations": _DIRECTORIES,
        "consumers": _stuck(9002332),
        ALDER: _ALDER,
        "alder.example": _ALDER,
        BIRCH: _BIRCH,
    },
    "AzureADandPersonalMicrosoftAccount": {
        "common": _DIRECTORIES | _PERSONAL,
        "organizations": _DIRECTORIES,
        "consumers": _NOBODY | _PERSONAL,
        ALDER: _ALDER,
        "alder.example": _ALDER,
        BIRCH: _BIRCH,
    },
    "PersonalMicrosoftAccount": {
        **dict.fromkeys(TENANTS, _stuck(9002331)),
        "consumers": _NOBODY | _PERSONAL,
    },
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One registration, tenant and person, and how it ended."""

    registration: str
    tenant: str
    person: str
    found: str

    @property
    def expected(self) -> str:
        """What the table says."""
        return EXPECTED[self.registration][self.tenant][self.person]

    @property
    def fits(self) -> bool:
        """Whether it ended as the table says."""
        return self.found == self.expected


async def measured(folder: Path) -> list[Cell]:
    """Every cell, on one broker that is reconfigured for each registration and tenant."""
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(running_microsoft())
        broker = await stack.enter_async_context(
            running_broker(base_dir=folder, emulator=emulator, changes={"session.jwt": {"algorithm": "ES256"}})
        )
        await emulator.people(
            "erin", guest_in=[{"tenant": "alder.example", "oid": "5eed0000-0000-4000-8000-00000000e002"}]
        )
        cells = []
        for registration, tenants in EXPECTED.items():
            for tenant in tenants:
                await broker.reload(_changes(emulator, REGISTRATIONS[registration], tenant))
                for person in PEOPLE:
                    found = await _ended(broker, person)
                    cells.append(Cell(registration=registration, tenant=tenant, person=person, found=found))
        return cells


def _changes(emulator: MicrosoftPeer, client_id: str, tenant: str) -> dict[str, Any]:
    section = {
        "cloud": "custom",
        "authority": emulator.base_url,
        "client_id": client_id,
        "secret": "emulator-secret",
        "tenant": tenant,
        # Whose address counts is another table: here everybody whom Microsoft signs in comes in.
        "email": {"on_unverified": "create_without_email"},
    }
    return {"third_party.providers.microsoft": section, "session.jwt": {"algorithm": "ES256"}}


async def _ended(broker: RunningBroker, person: str) -> str:
    async with broker.browser() as browser:
        page = await browser.start(login_hint=f"auto:{person}")
        while page.location is not None and not page.location.startswith("http://localhost:8888/"):
            page = await browser.get(page.location)
        if page.location is None:
            return _page(page.text)
        error = page.query.get("error")
        return error or await _directory(broker, browser)


def _page(text: str) -> str:
    _, _, rest = text.partition("AADSTS")
    return f"page {rest.partition(':')[0]}" if rest else "page without a number"


async def _directory(broker: RunningBroker, browser: Browser) -> str:
    """By whose word the person is signed in, as our own record has it, which is then forgotten.

    Who is a guest somewhere is two identities with one address, and that is another table.
    """
    user_id = json.loads((await browser.get("/me")).text)["user_id"]
    async with broker.application.broker.store.transaction() as c:
        rows = await c.fetch_all("SELECT tenant FROM identities WHERE user_id = $1", user_id)
        await c.execute("DELETE FROM users WHERE id = $1", user_id)
    return ", ".join(DIRECTORIES[row["tenant"]] for row in rows)


def lines_of(cells: list[Cell]) -> Iterator[str]:
    """The table, a block for each registration."""
    widths = [max(len(title), 24) for title in PEOPLE.values()]
    for registration in EXPECTED:
        yield f"signInAudience {registration}"
        yield (
            "  "
            + f"{'tenant':<15}"
            + "".join(f"{title:<{width + 2}}" for title, width in zip(PEOPLE.values(), widths, strict=True))
        )
        for tenant in TENANTS:
            row = [cell for cell in cells if (cell.registration, cell.tenant) == (registration, tenant)]
            shown = [cell.found if cell.fits else f"{cell.found} NOT {cell.expected}" for cell in row]
            name = f"GUID of {DIRECTORIES[tenant]}" if tenant in DIRECTORIES else tenant
            yield (
                "  "
                + f"{name:<15}"
                + "".join(f"{text:<{width + 2}}" for text, width in zip(shown, widths, strict=True))
            )
        yield ""
    yield f"{sum(cell.fits for cell in cells)} of {len(cells)} as documented"


async def main() -> int:
    """Print it; 1 if a cell is not as documented."""
    with tempfile.TemporaryDirectory() as folder, log_lines():
        cells = await measured(Path(folder))
    for line in lines_of(cells):
        sys.stdout.write(line.rstrip() + "\n")
    return 0 if all(cell.fits for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
