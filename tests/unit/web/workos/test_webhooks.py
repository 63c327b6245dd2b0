"""The body of a webhook, to the byte: the Node SDK may verify what `JSON.stringify` makes of it."""

import pytest

from broker.web.workos.event_data import in_javascript_order
from broker.web.workos.webhooks import as_javascript_spells


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ({"name": "Åse 山田 \u2028 \U0001f600"}, '{"name":"Åse 山田 \u2028 \U0001f600"}'),
        ({"name": 'a"\\\n\t\x01/\x7f'}, '{"name":"a\\"\\\\\\n\\t\\u0001/\x7f"}'),
        ({"b": True, "a": None, "c": [], "d": 1}, '{"b":true,"a":null,"c":[],"d":1}'),
        (
            {"metadata": {"plan": "pro", "10": "x", "9": "y", "010": "z", "-1": "w", "4294967295": "v"}},
            '{"metadata":{"9":"y","10":"x","plan":"pro","010":"z","-1":"w","4294967295":"v"}}',
        ),
    ],
)
def test_body_is_what_javascript_makes_of_what_it_has_read(given: dict[str, object], spelled: str) -> None:
    assert as_javascript_spells(in_javascript_order(given)).decode() == spelled


def test_half_a_character_is_spelled_as_javascript_does() -> None:
    assert as_javascript_spells({"name": "\ud800"}) == b'{"name":"\\ud800"}'
