"""How often an address may ask, by what for: what several requests do counts as one, and a backend is no person."""

from broker.settings import PEOPLE_OF_A_BACKEND, REQUESTS_OF_A_FLOW, web_rules
from tests.unit.config.files import BASE, loaded


def test_a_flow_and_a_backend_have_limits_of_their_own() -> None:
    keys = {**BASE, "rate_limiter.starts": "100/m", "rate_limiter.tokens": "50/m"}
    limits = web_rules(loaded(keys).config).request_limits

    assert limits["flows"] == 100 * REQUESTS_OF_A_FLOW
    assert limits["exchanges"] == 50 * PEOPLE_OF_A_BACKEND
