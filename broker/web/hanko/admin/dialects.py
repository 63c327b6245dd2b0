"""How the admin API spells errors where Hanko's differs from itself."""

from starlette.requests import Request
from starlette.responses import Response

from broker.errors import BrokerError, NotFound
from broker.web import errors
from broker.web.broker import Broker
from broker.web.surface import note


class WordlessDialect(errors.JsonDialect):
    """Of what is not there these say no more than that."""

    def spell(self, error: BrokerError, request: Request, broker: Broker) -> Response:
        """404 without our words."""
        if isinstance(error, NotFound):
            note(request, error=error.code, detail=error.detail)
            return errors.body(404)
        return super().spell(error, request, broker)
