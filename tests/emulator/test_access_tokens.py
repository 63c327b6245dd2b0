from broker.emulator.access_tokens import AccessTokens
from broker.emulator.people import PEOPLE
from tests.peers.microsoft import FIRST_CLIENT


def issue(tokens: AccessTokens, person: str = "alice", *, now: float = 1000, lifetime: float = 60) -> str:
    return tokens.issue(
        person=PEOPLE[person], scopes=("openid", "User.Read"), client_id=FIRST_CLIENT, now=now, lifetime=lifetime
    )


def test_token_is_found_for_whom_it_was_issued_until_it_expires() -> None:
    tokens = AccessTokens()
    token = issue(tokens)
    found = tokens.find(token, now=1059.9)
    assert found is not None
    assert (found.person.key, found.scopes, found.client_id) == ("alice", ("openid", "User.Read"), FIRST_CLIENT)
    assert tokens.find(token, now=1060) is None
    assert tokens.find(token[:-1], now=1000) is None


def test_work_tokens_have_three_parts_and_personal_ones_have_not() -> None:
    tokens = AccessTokens()
    assert [part[:3] for part in issue(tokens).split(".")][:2] == ["eyJ", "eyJ"]
    assert "." not in issue(tokens, "dave")


def test_cleared_and_oldest_tokens_stop_working() -> None:
    tokens = AccessTokens(most=2)
    first, second, third = issue(tokens), issue(tokens), issue(tokens)
    assert [tokens.find(token, now=1000) is None for token in (first, second, third)] == [True, False, False]
    tokens.clear()
    assert tokens.find(third, now=1000) is None
