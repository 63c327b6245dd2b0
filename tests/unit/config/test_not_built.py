import pytest

from tests.unit.config.files import refused


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("workos.enabled", True),
        ("workos.applications", [{"name": "x"}]),
    ],
)
def test_what_is_not_built_is_known_and_refused(key: str, value: object) -> None:
    assert refused({key: value}) == {key: "is not available in this version (leave it out)"}


def test_what_is_not_built_is_accepted_at_its_default() -> None:
    keys = {
        "workos": {"enabled": False, "applications": []},
    }

    assert refused(keys) == {}
