"""One id, two spellings: the 128 bits of ours in Crockford's base32 behind a prefix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.web.workos import ids


@given(st.uuids())
def test_every_id_comes_back_from_its_spelling(own: object) -> None:
    text = ids.spelled("user", str(own))

    assert len(text) == len("user_") + 26
    assert ids.read("user", text) == str(own)


def test_spelling_sorts_as_the_id_does() -> None:
    early, late = "01890000-0000-7000-8000-000000000000", "01890000-0001-7000-8000-000000000000"

    assert ids.spelled("user", early) < ids.spelled("user", late)


@pytest.mark.parametrize(
    "unverified",
    [
        "",
        "user_",
        "session_01H40000000E00800000000000",
        "user_01H40000000E0080000000000",
        "user_01H40000000E008000000000000",
        "user_01h40000000e00800000000000",
        "user_01H40000000E0080000000000I",
        "user_81H40000000E00800000000000",
        "user_user_01H40000000E00800000000",
        "01H40000000E00800000000000",
        "user_01H40000000E00800000000\u0660\u0660",
        "01890000-0000-7000-8000-000000000000",
    ],
)
def test_what_is_not_the_one_spelling_is_nothing(unverified: str) -> None:
    assert ids.read("user", unverified) is None
