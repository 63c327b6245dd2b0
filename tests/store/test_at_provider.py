from broker.models.sessions import AtProvider
from broker.store.base import Store
from broker.store.sessions import insert_session, session
from broker.store.signins import code, insert_code
from tests.store.rows import a_code, a_session, stored_identity

SAID = AtProvider(session_id="5e55", logout_hint="O.abc", claims={"roles": ["admin"], "auth_time": 1})


async def test_what_the_provider_said_of_its_session_comes_back_with_ours(store: Store) -> None:
    identity = await stored_identity(store)
    async with store.transaction() as c:
        one = a_session(identity.user_id, at_provider=SAID)
        await insert_session(c, one)
        assert await session(c, one.id) == one


async def test_and_with_the_one_time_code_that_will_make_one(store: Store) -> None:
    identity = await stored_identity(store)
    async with store.transaction() as c:
        one = a_code(identity, at_provider=SAID)
        await insert_code(c, one)
        assert await code(c, one.code_hash) == one
