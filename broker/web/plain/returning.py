"""How the plain surface spells the end of a sign-in: Hanko's names where it has one, and our reference."""

from collections.abc import Mapping

from broker.models.signins import ForApplication


class PlainReturning:
    """See `web/returning`."""

    status = 303

    def handed_over(self, one_time_code: str, application: ForApplication | None) -> Mapping[str, str]:
        """The code for `POST /token`."""
        return {"hanko_token": one_time_code}

    def failed(
        self, *, code: str, at_provider: bool, sentence: str, reference: str, application: ForApplication | None
    ) -> Mapping[str, str]:
        """`error` is stable, `error_description` is for people."""
        return {"error": code, "error_description": sentence, "error_reference": reference}
