"""Browsers by the names that people know them by."""

import pytest

from broker.web.hanko.user_agents import described

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Linux (Firefox)"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/141.0.0.0 Safari/537.36", "Windows (Chrome)"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
            "Windows (Edge)",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/141.0.0.0 Safari/537.36 OPR/120.0",
            "macOS (Opera)",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
            " Safari/605.1.15",
            "macOS (Safari)",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " CriOS/141.0 Mobile/15E148 Safari/604.1",
            "iOS (Chrome)",
        ),
        (f"Mozilla/5.0 (Linux; Android 15) {_WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36", "Android (Chrome)"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_WEBKIT} Chrome/141.0.0.0 Safari/537.36", "ChromeOS (Chrome)"),
        ("curl/8.5.0", " (curl)"),
        ("client/1.0", " (client)"),
        ("Python/3.11 aiohttp/3.14.5", " (Python)"),
        ("x" * 255, f" ({'x' * 40})"),
    ],
)
def test_browser_is_called_by_system_and_name(user_agent: str, name: str) -> None:
    assert described(user_agent) == name
