"""Every attack of the corpus, over HTTP against a running broker: it ends as its entry says, and nothing is written."""

from pathlib import Path

import pytest

from tests.attack.callbacks.attack import Attack, ends_as_said
from tests.attack.callbacks.browsers import BROWSERS
from tests.attack.callbacks.cookies import COOKIES
from tests.attack.callbacks.form_post import FORM_POST
from tests.attack.callbacks.forms import FORMS
from tests.attack.callbacks.people import PEOPLE
from tests.attack.callbacks.replays import REPLAYS
from tests.attack.callbacks.starts import STARTS
from tests.attack.callbacks.tokens import TOKENS
from tests.attack.callbacks.trouble import TROUBLE
from tests.observed import log_lines
from tests.stage import staged

CORPUS = [*BROWSERS, *COOKIES, *FORMS, *FORM_POST, *STARTS, *REPLAYS, *TOKENS, *PEOPLE, *TROUBLE]


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
async def test_attack_ends_as_its_entry_says(attack: Attack, tmp_path: Path) -> None:
    async with staged(tmp_path, attack.changes, https=attack.https) as stage:
        with log_lines() as lines:
            await ends_as_said(attack, stage, lines)


def test_corpus_is_broad_and_tells_its_stories() -> None:
    assert len(CORPUS) >= 80
    assert len({attack.name for attack in CORPUS}) == len(CORPUS)
    assert all(attack.story for attack in CORPUS)
