"""How Hanko's clients spell our errors, as far as no other face spells them so (`web/errors`): those of a flow.

The codes are the ones that the published components have a sentence for; an unknown one would be shown raw.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from broker import errors
from broker.errors import BrokerError
from broker.web.errors import status_of


@dataclass(frozen=True, kw_only=True)
class FlowError:
    """What a flow answers beside its state; `status` is the HTTP status, too."""

    code: str
    message: str
    status: int

    def shown(self) -> dict[str, str]:
        """As the client reads it."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class InputError:
    """What is wrong with one input."""

    code: str
    message: str

    def shown(self) -> dict[str, str]:
        """As the client reads it."""
        return {"code": self.code, "message": self.message}


FORM_DATA_INVALID = FlowError(code="form_data_invalid_error", message="Form data invalid.", status=400)
UNAUTHORIZED = FlowError(code="unauthorized", message="The session is invalid.", status=401)
NOT_PERMITTED = FlowError(code="operation_not_permitted_error", message="The operation is not permitted.", status=403)
NOT_FOUND = FlowError(code="not_found", message="The requested resource was not found.", status=404)
EXPIRED = FlowError(code="flow_expired_error", message="The flow has expired.", status=410)
RATE_LIMITED = FlowError(code="rate_limit_exceeded", message="The rate limit has been exceeded.", status=429)
TECHNICAL = FlowError(code="technical_error", message="Something went wrong.", status=500)

VALUE_MISSING = InputError(code="value_missing_error", message="The value is missing.")
VALUE_INVALID = InputError(code="value_invalid_error", message="The value is invalid.")


def not_one_of(allowed: Iterable[str]) -> InputError:
    """The value is none of these."""
    return InputError(code="value_invalid_error", message=f"The value is invalid. Must be one of: {','.join(allowed)}")


def flow_error_of(error: BrokerError) -> FlowError:
    """One of ours as a flow's; what nobody has a sentence for is a technical error, with the status of ours."""
    match error:
        case errors.InvalidRequest() | errors.RedirectNotAllowed():
            return FORM_DATA_INVALID
        case errors.NotAuthenticated():
            return UNAUTHORIZED
        case errors.NotFound() | errors.CodeExpired():
            return TECHNICAL
        case errors.RateLimited():
            return RATE_LIMITED
        case errors.NotPermitted() | errors.IdentityRefused() | errors.LinkingRefused() | errors.Conflict():
            return NOT_PERMITTED
    return technical(status_of(error))


def technical(status: int) -> FlowError:
    """A technical error under another status: of a refusal that people cannot do anything about."""
    return FlowError(code=TECHNICAL.code, message=TECHNICAL.message, status=status)


def flow_error_of_status(status: int) -> FlowError:
    """What a flow says where something before it refused the request with this status."""
    known = {400: FORM_DATA_INVALID, 401: UNAUTHORIZED, 403: NOT_PERMITTED, 404: NOT_FOUND, 429: RATE_LIMITED}
    return known.get(status) or technical(status)
