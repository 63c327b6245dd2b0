"""The URLs that an application registered: compared as a browser reads them, and exactly."""

from collections.abc import Sequence

from broker.errors import RedirectNotAllowed
from broker.signin.redirect_targets import read_target


class RegisteredTargets:
    """One list of an application."""

    def __init__(self, patterns: Sequence[str], *, production: bool) -> None:
        self._production = production
        self._urls = {read_target(text, custom_schemes=frozenset()).url for text in patterns}

    def admit(self, unverified_url: str) -> str:
        """The URL as a browser will see it. Raises `RedirectNotAllowed`."""
        target = read_target(unverified_url, custom_schemes=frozenset())
        if target.url not in self._urls:
            raise RedirectNotAllowed("not-registered")
        return target.url
