from broker.store.base import Store
from broker.store.remembered_answers import answer_to, delete_expired_answers, put_answer
from tests.store.rows import NOW

FIRST, OTHER = "1" * 64, "2" * 64


async def test_an_answer_is_remembered_until_it_expires_and_the_first_stays(store: Store) -> None:
    async with store.transaction() as c:
        await put_answer(c, FIRST, "1.sealed.first", expires_at=NOW + 60)
        await put_answer(c, FIRST, "1.sealed.second", expires_at=NOW + 90)
        assert await answer_to(c, FIRST, now=NOW + 59) == "1.sealed.first"
        assert await answer_to(c, FIRST, now=NOW + 60) is None
        assert await answer_to(c, OTHER, now=NOW) is None


async def test_only_what_has_expired_is_forgotten(store: Store) -> None:
    async with store.transaction() as c:
        await put_answer(c, FIRST, "1.sealed.first", expires_at=NOW + 60)
        await put_answer(c, OTHER, "1.sealed.other", expires_at=NOW + 61)
        assert await delete_expired_answers(c, now=NOW + 60) == 1
        assert await answer_to(c, OTHER, now=NOW) == "1.sealed.other"
