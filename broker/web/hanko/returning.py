"""How a flow's sign-in ends: back to the page with the component, which takes these parameters out of the address bar.

It knows just these; our reference would stay in the address and travel into the next start, so it goes into the text.
"""

from collections.abc import Mapping

from broker.models.signins import ForApplication


class FlowReturning:
    """See `web/returning`."""

    status = 303

    def handed_over(self, one_time_code: str, application: ForApplication | None) -> Mapping[str, str]:
        """The code for the action `exchange_token`."""
        return {"hanko_token": one_time_code}

    def failed(
        self, *, code: str, at_provider: bool, sentence: str, reference: str, application: ForApplication | None
    ) -> Mapping[str, str]:
        """The component shows `access_denied` and anything else; listeners see the text."""
        return {"error": code, "error_description": f"{sentence} ({reference})"}
