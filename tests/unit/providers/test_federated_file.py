"""A token file: shown as it is at that moment, and never when it could only be refused."""

import base64
import json
import os
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from broker.clock import FrozenClock
from broker.config.sections.credentials import CredentialSection
from broker.providers.credentials.configured import Surroundings, from_sections
from broker.providers.credentials.credential import Credential, CredentialUnusable, TokenRequest

NOW = FrozenClock().now()
REQUEST = TokenRequest(client_id="c", endpoint="https://e/token", audience="https://e/token", form={"code": "x"})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(**claims: object) -> str:
    return f"{part({'alg': 'RS256'})}.{part({'sub': 'system:serviceaccount:prod:broker', **claims})}.c2ln"


def credential(path: Path) -> Credential:
    environ = {"AZURE_FEDERATED_TOKEN_FILE": str(path)}
    around = Surroundings(provider="microsoft", clock=FrozenClock(), exchange_audience="api://x", environ=environ)
    (made,) = from_sections([CredentialSection(kind="federated_file", id="k8s")], around)
    return made


async def shown(made: Credential) -> str:
    return parse_qs((await made.prepare(REQUEST)).body)["client_assertion"][0]


async def test_the_file_is_read_for_every_request(tmp_path: Path) -> None:
    path = tmp_path / "token"
    made = credential(path)
    first, second = token(exp=NOW + 1), token(exp=NOW + 2)
    path.write_text(f"  {first}\n")
    assert await shown(made) == first
    material = made.material()
    path.write_text(second)
    assert await shown(made) == second
    assert made.material() != material
    assert made.standing().problem is None


UNUSABLE: dict[str, tuple[str | bytes, str]] = {
    "empty": ("\n", "is empty"),
    "huge": ("a" * 16_400, "is larger than 16 KiB"),
    "two parts": ("a.b", "holds no token of three parts"),
    "four parts": ("a.b.c.d", "holds no token of three parts"),
    "a form inside": ("a.b&client_id=x.c", "holds no token of three parts"),
    "two lines": (f"{token(exp=NOW + 9)}\n{token(exp=NOW + 9)}", "holds no token of three parts"),
    "not ASCII": (b"\xff\xfe.b.c", "holds no token of three parts"),
    "no JSON": ("YQ.YQ.YQ", "holds a token that cannot be read"),
    "no base64": ("a.b.c", "holds a token that cannot be read"),
    "no end": (token(), "holds a token without exp"),
    "odd end": (token(exp="tomorrow"), "holds a token without exp"),
    "endless": ("YQ.eyJleHAiOjFlOTk5fQ.YQ", "holds a token that cannot be read"),
    "stale": (token(exp=NOW), "is stale: its token expired 0 s ago"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSABLE)
async def test_what_could_only_be_refused_is_not_sent(tmp_path: Path, name: str) -> None:
    content, reason = UNUSABLE[name]
    path = tmp_path / "token"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    made = credential(path)
    with pytest.raises(CredentialUnusable) as caught:
        await made.prepare(REQUEST)
    assert str(caught.value) == f"the token file {path} {reason}"
    assert not caught.value.temporary
    assert made.standing().problem == str(caught.value)
    assert made.material() == ""


async def test_what_would_have_to_be_waited_for_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    opened = os.open(tmp_path / "token", os.O_RDWR)
    os.write(opened, b"a" * 16_400)  # so that whoever reads it after all is told something else, and does not hang
    with pytest.raises(CredentialUnusable, match="cannot be read: it is no regular file"):
        await credential(tmp_path / "token").prepare(REQUEST)
    os.close(opened)


async def test_a_missing_file_and_a_missing_variable_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CredentialUnusable, match="cannot be read: No such file"):
        await credential(tmp_path / "token").prepare(REQUEST)
    around = Surroundings(provider="microsoft", clock=FrozenClock(), exchange_audience="api://x", environ={})
    (made,) = from_sections([CredentialSection(kind="federated_file", env="NOT_SET")], around)
    with pytest.raises(CredentialUnusable, match="the environment has no NOT_SET"):
        await made.prepare(REQUEST)
