"""Two applications, A and B, of one broker, and what their people and programs hold of it."""

from typing import Any, Final

from tests.contract.workos.applications import application, other_application, served

EVIL: Final = "https://evil.example/"
B_REDIRECT_URI: Final = "http://localhost:9999/callback"
B_SIGN_OUT: Final = "http://localhost:9999/signed-out"
B_ORIGIN: Final = "http://localhost:9999"
A: Final = application(
    redirect_uris=["http://localhost:8888/callback", "https://*.example.com/callback", "http://127.0.0.1:*/callback"],
    sign_out_redirects=["http://localhost:8888/signed-out", "https://*.example.com/signed-out"],
    return_provider_tokens=True,
)
B: Final = other_application(
    redirect_uris=[B_REDIRECT_URI],
    default_redirect_uri=B_REDIRECT_URI,
    sign_out_redirects=[B_SIGN_OUT],
    allowed_origins=[B_ORIGIN],
)
SETTINGS: Final[dict[str, Any]] = {
    **served(A, B),
    "session.delivery": "both",
    "server.public.cors.allow_origins": ["https://listed.example"],
    "third_party.providers.microsoft.logout": {"rp_initiated": True},
}
