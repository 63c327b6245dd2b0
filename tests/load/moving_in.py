"""`python -m tests.load.moving_in [--people N]`: ten thousand people move in from a Hanko database, out, and in again.

On both engines: from the database, exported, imported into an empty database, and once more. Nothing may be lost on the
way, and the second time may change nothing. Everything is done by commands, as an operator does it.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.moving.hanko_database import SECRET, fill
from tests.moving.test_command import CLIENT, House
from tests.postgres_server import PostgresServer


def main(people: int) -> int:
    """0 when nothing was lost."""
    server = PostgresServer()
    try:
        server.start()
        source = database(server, "hanko")
        asyncio.run(fill(source, people=people))
        return max(of_engine(server, engine, source, people) for engine in ("sqlite", "postgres"))
    finally:
        server.remove()


def of_engine(server: PostgresServer, engine: str, source: str, people: int) -> int:
    """The whole way on one engine; 0 when nothing was lost."""
    with tempfile.TemporaryDirectory() as folder:
        first = house(server, engine, Path(folder) / "first")
        told = run(first, "import", "hanko", "--database", source, "--client-id", CLIENT, "--json")
        again = run(first, "import", "hanko", "--database", source, "--client-id", CLIENT, "--json")
        exported = Path(folder) / "people.json"
        run(first, "users", "export", "--out", str(exported))
        second = house(server, engine, Path(folder) / "second")
        moved = run(second, "import", "hanko", "--users", str(exported), "--json")
        repeated = run(second, "import", "hanko", "--users", str(exported), "--json")
        back = Path(folder) / "back.json"
        run(second, "users", "export", "--out", str(back))
        is_same = exported.read_bytes() == back.read_bytes()
    facts = {
        "came": json.loads(told)["added"] == json.loads(told)["waiting"] == people,
        "second time, nothing": json.loads(again)["added"] == json.loads(again)["waiting"] == 0,
        "moved on": json.loads(moved)["added"] == json.loads(moved)["waiting"] == people,
        "and nothing again": json.loads(repeated)["added"] == 0 and json.loads(repeated)["notes"] == [],
        "byte for byte the same": is_same,
    }
    sys.stdout.write(f"{engine}: {', '.join(f'{name}: {fact}' for name, fact in facts.items())}\n")
    return 0 if all(facts.values()) else 1


def run(at: House, *arguments: str) -> str:
    """One command, and how long it took."""
    began = time.monotonic()
    done = at.run(*arguments, HANKO_SECRETS_KEYS=SECRET)
    sys.stdout.write(f"  {time.monotonic() - began:6.1f} s  broker {' '.join(arguments[:3])} → {done.returncode}\n")
    sys.stdout.flush()
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def house(server: PostgresServer, engine: str, folder: Path) -> House:
    """An empty house of its own."""
    folder.mkdir()
    url = "sqlite:///broker.db" if engine == "sqlite" else database(server, f"broker_{folder.name}")
    return House(folder, url)


def database(server: PostgresServer, name: str) -> str:
    """A database without tables."""
    import asyncpg  # type: ignore[import-untyped] # it brings no annotations

    async def make() -> None:
        connection = await asyncpg.connect(server.url())
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()

    asyncio.run(make())
    head, _, query = server.url().partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    sys.exit(main(parser.parse_args().people))
