"""How a browser comes back to the page that began: the query parameters are each face's own, by `SignIn.surface`."""

from collections.abc import Mapping
from typing import Protocol

from broker.models.signins import ForApplication


class Returning(Protocol):
    """How one face spells the end of a sign-in, good or bad."""

    @property
    def status(self) -> int:
        """Of its redirects: 303, or 302 where its clients look for that."""
        ...

    def handed_over(self, one_time_code: str, application: ForApplication | None) -> Mapping[str, str]:
        """The parameters that bring the code."""
        ...

    def failed(
        self, *, code: str, at_provider: bool, sentence: str, reference: str, application: ForApplication | None
    ) -> Mapping[str, str]:
        """The parameters that say why nobody was signed in; `reference` stands in our log, too.

        `at_provider`: nobody could be reached there, or nobody had time.
        """
        ...
