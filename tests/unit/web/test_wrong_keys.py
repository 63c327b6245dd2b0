"""Wrong API keys are few a minute from one address, and nobody is locked out by a neighbour's."""

import pytest

from broker.clock import FrozenClock
from broker.errors import RateLimited
from broker.web.wrong_keys import KNOWN_SECONDS, MOST_A_MINUTE, WrongKeys

STRANGER = {"client": ("203.0.113.5", 1), "forwarded": False}
HERE = {"client": ("127.0.0.1", 1), "forwarded": False}


def tried_in_vain(keys: WrongKeys, scope: dict[str, object] = STRANGER, times: int = MOST_A_MINUTE) -> None:
    for number in range(times):
        keys.weigh(scope, f"sk_wrong_{number}", is_right=False)


def is_served(keys: WrongKeys, key: str, *, is_right: bool, scope: dict[str, object] = STRANGER) -> bool:
    try:
        keys.weigh(scope, key, is_right=is_right)
    except RateLimited:
        return False
    return True


def test_address_waits_after_too_many_wrong_keys_and_is_told_how_long() -> None:
    clock = FrozenClock()
    keys = WrongKeys(clock)
    tried_in_vain(keys)
    clock.advance(20)

    with pytest.raises(RateLimited) as refused:
        keys.weigh(STRANGER, "sk_wrong", is_right=False)
    assert refused.value.retry_after == 40

    clock.advance(40)
    assert is_served(keys, "sk_wrong", is_right=False)


def test_lucky_guess_is_not_told_from_a_wrong_one_while_the_address_waits() -> None:
    keys = WrongKeys(FrozenClock())
    tried_in_vain(keys)

    assert not is_served(keys, "sk_lucky", is_right=True)


def test_program_whose_key_was_right_before_is_served_on_beside_a_guesser() -> None:
    clock = FrozenClock()
    keys = WrongKeys(clock)
    keys.weigh(STRANGER, "sk_right", is_right=True)
    clock.advance(KNOWN_SECONDS)
    tried_in_vain(keys)

    assert is_served(keys, "sk_right", is_right=True)
    assert not is_served(keys, "sk_other", is_right=True)


def test_key_that_is_right_no_more_waits_with_the_wrong_ones() -> None:
    keys = WrongKeys(FrozenClock())
    keys.weigh(STRANGER, "sk_revoked", is_right=True)
    tried_in_vain(keys)

    assert not is_served(keys, "sk_revoked", is_right=False)


def test_other_addresses_and_this_machine_do_not_wait() -> None:
    keys = WrongKeys(FrozenClock())
    tried_in_vain(keys)
    tried_in_vain(keys, HERE, times=2 * MOST_A_MINUTE)

    assert is_served(keys, "sk_right", is_right=True, scope={"client": ("203.0.113.6", 1)})


def test_client_of_ipv6_is_its_whole_network() -> None:
    keys = WrongKeys(FrozenClock())
    for number in range(MOST_A_MINUTE):
        keys.weigh({"client": (f"2001:db8:1:2::{number + 1:x}", 1)}, "sk_wrong", is_right=False)

    assert not is_served(keys, "sk_wrong", is_right=False, scope={"client": ("2001:db8:1:2::ffff", 1)})
