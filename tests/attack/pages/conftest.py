"""A browser, and Microsoft; which broker stands between them is each test's."""

from tests.callers import browser as browser
from tests.callers import emulator as emulator
