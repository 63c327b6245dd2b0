"""The registered application of these tests, and a browser's way through a sign-in for it."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from tests.browsers import Browser, Page

CLIENT_ID: Final = "client_01TESTS"
API_KEY: Final = "sk_tests_0123456789abcdef0123"
OTHER_CLIENT_ID: Final = "client_02OTHERS"
OTHER_API_KEY: Final = "sk_others_0123456789abcdef0123"
REDIRECT_URI: Final = "http://localhost:8888/callback"
SIGN_OUT: Final = "http://localhost:8888/signed-out"
ORIGIN: Final = "http://localhost:8888"


def application(**changes: Any) -> dict[str, Any]:
    """The application as the configuration has it."""
    return {
        "name": "Tests",
        "client_id": CLIENT_ID,
        "api_keys": [API_KEY],
        "redirect_uris": [REDIRECT_URI],
        "default_redirect_uri": REDIRECT_URI,
        "sign_out_redirects": [SIGN_OUT],
        "allowed_origins": [ORIGIN],
        **changes,
    }


def other_application(**changes: Any) -> dict[str, Any]:
    """Somebody else's."""
    return application(name="Others", client_id=OTHER_CLIENT_ID, api_keys=[OTHER_API_KEY], **changes)


def served(*applications: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of a configuration that serves them; those of these tests, where none are given."""
    return {
        "workos": {"enabled": True, "applications": list(applications or (application(), other_application()))},
        "session.jwt": {"algorithm": "RS256"},
    }


def authorize_url(interface: str = "user_management", /, **changes: str | None) -> str:
    """The path of a start; `None` leaves a parameter out."""
    given = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "provider": "MicrosoftOAuth",
        "login_hint": "auto:alice",
        "state": "its own state",
        **changes,
    }
    return f"/{interface}/authorize?" + urlencode({key: value for key, value in given.items() if value is not None})


async def signed_in(browser: Browser, path: str | None = None) -> Page:
    """The answer that sends the browser back to the application, after a whole sign-in at the emulator."""
    page = await browser.get(path or authorize_url())
    while page.location is not None and not page.location.startswith(ORIGIN):
        page = await browser.get(page.location)
    return page
