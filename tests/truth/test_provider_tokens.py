"""What the guide says of a provider's own tokens is what the code does: keys, paths, answer, every reason."""

import json
import re
from pathlib import Path
from typing import get_args

from broker.config.load import load
from broker.errors import ProviderTokenRefused
from broker.foundation import PARTS
from broker.grants.recheck import ROUND_SECONDS
from broker.models.provider_tokens import FreshToken, Reason
from broker.web.admin.routes import ADMIN
from broker.web.errors import status_of
from broker.web.provider_tokens import answer

PAGE = (Path(__file__).parents[2] / "docs" / "provider-tokens.md").read_text("utf-8")
MARKED = dict(re.findall(r"<!-- test: (\S+) -->\n```\w+\n(.*?)\n```", PAGE, re.DOTALL))


def test_every_reason_stands_in_the_table_with_its_status() -> None:
    told = {name: int(status) for name, status in re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)}
    assert told == {reason: status_of(ProviderTokenRefused(code=reason)) for reason in get_args(Reason)}


def test_block_is_a_configuration_that_does_what_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    example = MARKED["tokens"].replace("third_party:", "third_party:\n  error_redirect_url: http://localhost:8888/")
    path.write_text(f"service: {{environment: staging}}\n{example}\n", "utf-8")
    microsoft = load(path, {}, parts=PARTS).config.third_party.providers.microsoft
    assert (microsoft.return_provider_tokens, microsoft.recheck) == (True, 4 * 3600)
    assert (microsoft.provider_tokens.by_session, microsoft.provider_tokens.origins) == (
        True,
        ("https://app.example.com",),
    )


def test_curl_asks_where_we_answer_and_shows_the_answer() -> None:
    command, shown = MARKED["curl"].split("\n")
    pattern = next(one.path for one in ADMIN if "provider-tokens" in one.path)
    path = pattern.replace("{user_id}", "$USER_ID").replace("{provider}", "microsoft")
    assert command.endswith(f"http://127.0.0.1:8001{path}")
    body = json.loads(bytes(answer(FreshToken(access_token="eyJ…", scopes=("a",), expires_at=1)).body))
    assert set(json.loads(shown)) == set(body)


def test_a_minute_is_what_a_round_takes() -> None:
    assert "at the latest a minute after" in PAGE
    assert ROUND_SECONDS == 60
