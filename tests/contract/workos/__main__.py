"""The table of what WorkOS' published SDKs call, and how that goes, without the other tests."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

sys.exit(pytest.main(["-q", "-k", "published_sdk", str(HERE / "test_sdks.py"), str(HERE / "browser")]))
