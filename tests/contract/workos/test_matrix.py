"""The table of SDKs hides nothing: what failed, what an SDK lacks, and what nobody called are three things."""

from tests.contract.workos.sdks.matrix import ROWS, Call, missing, problems, recorded, table

EVERY = [Call(row=row, call="it") for row in range(1, len(ROWS) + 1)]


def test_row_that_nobody_called_is_missing_and_shown() -> None:
    assert missing(EVERY[1:]) == {1}
    assert table([recorded("Node 1.0", EVERY[1:])])[1].endswith("not run")


def test_row_that_an_sdk_lacks_is_named_as_such() -> None:
    calls = [Call(row=1, call=None), *EVERY[1:]]

    assert missing(calls) == set()
    assert table([recorded("Node 1.0", calls)])[1].endswith("has none")


def test_one_failure_among_calls_that_went_well_is_what_the_cell_says() -> None:
    calls = [*EVERY, Call(row=2, call="that", problem="it broke")]

    assert problems(calls) == ["row 2, that: it broke"]
    assert table([recorded("Node 1.0", calls)])[2].endswith("1 FAILED")


def test_newest_version_of_each_sdk_stands_first() -> None:
    names = ["authkit-js 0.20.2", "Node 10.14.0", "Node 11.0.0", "Python 10.8.0", "authkit-js 0.20.3"]
    head = table([recorded(name, EVERY) for name in names])[0]

    wanted = ["Python 10.8.0", "Node 11.0.0", "Node 10.14.0", "authkit-js 0.20.3", "authkit-js 0.20.2"]
    assert sorted(names, key=head.index) == wanted


def test_run_without_an_sdk_prints_no_table() -> None:
    assert table([("another", "property")]) == []
