"""A test that could not run must not look as if it had passed: the hooks of tests/conftest.py, from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

SKIPPING = """
import pytest

@pytest.mark.browser
def test_in_a_browser():
    pytest.skip("no Chromium")

@pytest.mark.postgres
@pytest.mark.skipif(True, reason="no PostgreSQL")
def test_on_postgres():
    pass

@pytest.mark.npm
@pytest.mark.xfail(reason="known")
def test_known_weakness():
    assert False

def test_for_another_system():
    pytest.skip("not here")
"""

REACHING_OUT = """
import socket
import pytest

def test_out():
    with pytest.warns(UserWarning), pytest.raises(RuntimeError):
        socket.create_connection(("192.0.2.1", 9), timeout=1)

def test_loopback():
    listener = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(("localhost", listener.getsockname()[1])).close()
    listener.close()
"""


def run_pytest(folder: Path, test: str, *arguments: str, require_all: str = "") -> tuple[int, str]:
    """Run pytest on one file, with our conftest and no other setting of ours."""
    (folder / "conftest.py").write_text(CONFTEST.read_text("utf-8"))
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\nmarkers =\n  browser: x\n  npm: x\n  postgres: x\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "BROKER_"))}
    environment["BROKER_TEST_REQUIRE_ALL"] = require_all
    environment["PYTHONPATH"] = str(CONFTEST.parents[1])  # it imports from beside itself
    done = subprocess.run(  # noqa: S603 -- pytest itself, on a file written above
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in workers"])
def test_skips_are_counted_with_their_reasons(tmp_path: Path, workers: tuple[str, ...]) -> None:
    code, output = run_pytest(tmp_path, SKIPPING, *workers)
    assert code == 0
    assert "3 skipped:" in output
    for reason in ("1 x no Chromium", "1 x no PostgreSQL", "1 x not here"):
        assert reason in output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in workers"])
def test_skip_is_a_failure_where_all_are_required(tmp_path: Path, workers: tuple[str, ...]) -> None:
    code, output = run_pytest(tmp_path, SKIPPING, *workers, require_all="1")
    assert code == 1
    assert "skipped, though all tests are required (browser): no Chromium" in output
    assert "skipped, though all tests are required (postgres): no PostgreSQL" in output
    assert "1 skipped:" in output
    assert "1 xfailed" in output


def test_file_that_skips_itself_is_a_failure_where_all_are_required(tmp_path: Path) -> None:
    test = 'import pytest\npytest.importorskip("no_such_module")\n'
    assert run_pytest(tmp_path, test)[0] == 5  # nothing ran
    code, output = run_pytest(tmp_path, test, require_all="1")
    assert code == 2
    assert "skipped as a whole" in output


def test_network_ends_at_this_machine(tmp_path: Path) -> None:
    code, output = run_pytest(tmp_path, REACHING_OUT)
    assert code == 0, output
    assert "0 skipped, all tests ran" in output
