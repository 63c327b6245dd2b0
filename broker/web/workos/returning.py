"""How a sign-in of this face ends: 302 to the application's redirect URI, with its own state beside code or error."""

from collections.abc import Mapping
from typing import Final

from broker.models.signins import ForApplication

SURFACE: Final = "workos"
_ERRORS: Final[Mapping[str, str]] = {
    "access_denied": "access_denied",
    "consent_required": "oauth_failed",
    "invalid_request": "invalid_request",
    "not_in_organization": "profile_not_allowed_outside_organization",
    "server_error": "server_error",
    "temporarily_unavailable": "server_error",
}
"""Ours → theirs; whatever else ended a sign-in at the provider is theirs as `oauth_failed`."""


class ApplicationReturning:
    """See `web/returning`."""

    status = 302

    def handed_over(self, one_time_code: str, application: ForApplication | None) -> Mapping[str, str]:
        """The code for the exchange."""
        return {"code": one_time_code, **_state(application)}

    def failed(
        self, *, code: str, at_provider: bool, sentence: str, reference: str, application: ForApplication | None
    ) -> Mapping[str, str]:
        """Applications know just these parameters; our reference stands in the text."""
        # A provider that is away is no failure of ours.
        error = "oauth_failed" if at_provider else _ERRORS.get(code, "oauth_failed")
        return {"error": error, "error_description": f"{sentence} ({reference})", **_state(application)}


def _state(application: ForApplication | None) -> Mapping[str, str]:
    state = None if application is None else application.state
    return {} if state is None else {"state": state}
