"""Whatever a token endpoint answers, whoever is asked: one code of ours, no exception of another kind, nothing lost."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from broker.errors import SignInFailed, UpstreamUnavailable
from tests.providers.parties import ENDPOINTS, Party, emulator, sign_in
from tests.providers.stage import Stage, a_grant, a_request, made_up, staged
from tests.providers.token_shapes import DOCUMENTED, DOWN, OTHER_TYPES, SHAPES, THROTTLED, Shape

Opening = Callable[[], AbstractAsyncContextManager[Party]]
GROUPS = {"documented": DOCUMENTED, "throttled": THROTTLED, "down": DOWN, "other types": OTHER_TYPES}


@pytest.mark.parametrize("opening", ENDPOINTS, ids=lambda opening: opening.__name__)
@pytest.mark.parametrize("group", GROUPS)
async def test_every_shape_ends_the_sign_in_by_our_code_and_the_next_one_succeeds(opening: Opening, group: str) -> None:
    async with opening() as party, staged(party.section) as stage:
        found = {shape.name: await _code(stage, party, shape) for shape in GROUPS[group]}
        assert found == {shape.name: _expected(shape, opening) for shape in GROUPS[group]}
        assert (await sign_in(stage.provider, party)).subject


def test_no_shape_is_there_twice() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) == sum(map(len, GROUPS.values()))


async def _code(stage: Stage, party: Party, shape: Shape) -> str:
    await party.fault("token", shape.fault)
    with pytest.raises(SignInFailed) as caught:
        await stage.provider.identify(a_grant(a_request(), made_up()))
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 4096
    assert isinstance(caught.value, UpstreamUnavailable) == (caught.value.code == "temporarily_unavailable")
    # What is throttled or down is left alone for a while: another matter, tested elsewhere.
    stage.clock.advance(3601)
    return caught.value.code


def _expected(shape: Shape, opening: Opening) -> str:
    return shape.generic if shape.generic and opening is not emulator else shape.code
