"""Where a sign-in may end: by the operator's allowlist, or by the list of the application that it is for."""

from typing import Protocol

from broker.errors import RedirectNotAllowed
from broker.models.signins import ForApplication
from broker.signin.redirects import Allowlist


class RegisteredPlaces(Protocol):
    """What is known of applications' own lists."""

    def admit(self, client_id: str, unverified_url: str) -> str:
        """The URL as a browser will see it. Raises `RedirectNotAllowed`, also where there is no such application."""
        ...


class Admission:
    """Asked at the start of a sign-in, and again at its end."""

    def __init__(self, allowlist: Allowlist, places: RegisteredPlaces) -> None:
        self._allowlist = allowlist
        self._places = places

    def admit(self, unverified_url: str, application: ForApplication | None) -> str:
        """The URL as a browser will see it, fit for a `Location`. Raises `RedirectNotAllowed`."""
        if application is None:
            return self._allowlist.admit(unverified_url)
        return self._places.admit(application.client_id, unverified_url)

    def still_admits(self, target: str | None, application: ForApplication | None) -> str | None:
        """The target, or nothing where it is not, or no longer, admitted."""
        if target is None:
            return None
        try:
            return self.admit(target, application)
        except RedirectNotAllowed:
            return None
