"""What holds for every test: the network ends at this machine, and a test that could not run does not pass unnoticed.

With `BROKER_TEST_REQUIRE_ALL=1` a skipped test that needs a browser, npm or PostgreSQL is a failure. The summary says
how many tests were skipped and why, in any case, and which SDK called what. Here too: the browser and the npm packages
that such tests use.
"""

import os
import re
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.chromium import chromium, strict_chromium, subdomain_chromium
from tests.contract.workos.sdks.matrix import table

__all__ = ["chromium", "strict_chromium", "subdomain_chromium"]
NEEDS_MORE = ("browser", "npm", "go", "postgres")
REQUIRE_ALL = os.environ.get("BROKER_TEST_REQUIRE_ALL", "") not in {"", "0"}
NODE_MODULES = Path(os.environ.get("BROKER_TEST_NODE_MODULES") or Path(__file__).parent / "node_modules")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Close the network before pytest-socket reads its options; those given on the command line win."""
    if config.option.allow_hosts is None:
        config.option.allow_hosts = "127.0.0.0/8,::1,localhost"
        config.option.allow_unix_socket = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test that needs more into a failure, where all of them are required."""
    report = yield
    is_expected_failure = hasattr(report, "wasxfail")
    if REQUIRE_ALL and report.skipped and not is_expected_failure:
        needs = [name for name in NEEDS_MORE if item.get_closest_marker(name)]
        if needs:
            report.outcome = "failed"
            report.longrepr = f"skipped, though all tests are required ({', '.join(needs)}): {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A whole file that skips itself says nothing about what its tests need: where all are required it fails."""
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped as a whole, though all tests are required: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """State how many tests were skipped and why, also when there were none."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    terminalreporter.write_line(f"{reasons.total()} skipped" + (":" if reasons else ", all tests ran"))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"  {count} x {reason}")
    called = [
        one for reports in terminalreporter.stats.values() for one in reports if getattr(one, "when", "") == "call"
    ]
    for line in table(each for report in called for each in report.user_properties):
        terminalreporter.write_line(line)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    longrepr = report.longrepr
    text = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
    return re.sub(r"^Skipped: ", "", text)


def npm_package(name: str) -> Path:
    """The folder of an npm package that tests/package.json lists. Skips where it is not installed; mark users `npm`."""
    folder = NODE_MODULES / name
    if not folder.is_dir():
        pytest.skip(f"npm package {name} is not installed; run npm install --prefix tests")
    return folder


@pytest.fixture
def axe() -> str:
    """The script of axe-core, which looks for barriers in a page."""
    return (npm_package("axe-core") / "axe.min.js").read_text("utf-8")
