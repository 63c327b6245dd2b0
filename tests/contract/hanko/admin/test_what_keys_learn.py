"""What a key of the admin API learns beyond what it was made for: nothing."""

from broker.clock import SystemClock
from broker.events.catalogue import Event
from broker.events.trail import record
from tests.brokers import RunningBroker
from tests.browsers import Browser
from tests.contract.hanko.admin.test_users import Operator, told


async def test_audit_log_holds_nothing_by_which_a_masked_address_can_be_guessed(
    broker: RunningBroker, program: Browser
) -> None:
    internals = broker.application.broker
    async with internals.store.transaction() as connection:
        await record(
            connection,
            Event.ADDRESS_NOT_ADOPTED,
            clock=SystemClock(),
            user_id="somebody",
            provider="microsoft",
            address_hash="0" * 32,
        )
    made = await internals.api_keys.create("auditor", scopes=("audit:read",))
    (entry,) = told(await Operator(program, made.key, broker.admin_url).ask("GET", "/audit_logs?q=somebody"))
    assert entry["details"] == {"provider": "microsoft"}
