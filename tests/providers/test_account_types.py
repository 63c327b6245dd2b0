"""Every registration, tenant and kind of account ends as Microsoft documents it: 144 sign-ins, one table."""

from pathlib import Path

from tests.observed import log_lines
from tests.providers.account_types import EXPECTED, PEOPLE, REGISTRATIONS, TENANTS, lines_of, measured


async def test_every_cell_of_the_table_of_account_types_ends_as_documented(tmp_path: Path) -> None:
    with log_lines():
        cells = await measured(tmp_path)
    assert len(cells) == len(REGISTRATIONS) * len(TENANTS) * len(PEOPLE) == 144
    assert [cell for cell in cells if not cell.fits] == []
    assert list(lines_of(cells))[-1] == "144 of 144 as documented"


def test_the_table_speaks_of_every_registration_tenant_and_person() -> None:
    assert EXPECTED.keys() == REGISTRATIONS.keys()
    for tenants in EXPECTED.values():
        assert set(tenants) == set(TENANTS)
        assert all(people.keys() == PEOPLE.keys() for people in tenants.values())
