"""`python -m tests.attack.noauth`: the whole matrix, and what remains attackable in it, as the guide says."""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from broker.store.migrate import migrate
from tests.attack.noauth.matrix import POLICIES, SOURCES, TRUSTED, Matrix, Summary
from tests.attack.noauth.people import ATTACKERS, VICTIMS
from tests.attack.noauth.worlds import ORDERS
from tests.databases import open_test_store


async def main() -> int:
    """Play it on a database of its own; 1 if anybody reached what no guide tells."""
    with tempfile.TemporaryDirectory() as folder:
        store = await open_test_store(f"sqlite:///{Path(folder) / 'broker.db'}")
        await migrate(store)
        summary = await Matrix(store).run()
        await store.close()
    for line in lines_of(summary):
        sys.stdout.write(line + "\n")
    return 1 if summary.undocumented else 0


def lines_of(summary: Summary) -> Iterator[str]:
    """The summary as a person reads it."""
    yield (
        f"{len(ATTACKERS)} attackers x {len(VICTIMS)} victims x {len(SOURCES)} email.sources x {len(TRUSTED)}"
        f" trusted_tenants x 2 trust_personal x {len(POLICIES)} linking and on_unverified x {len(ORDERS)} orders"
    )
    yield f"= {summary.cells} cells, {summary.worlds} different questions, each played on SQLite"
    yield ""
    for story in dict.fromkeys(person.story for person in ATTACKERS):
        alike = [person.name for person in ATTACKERS if person.story == story]
        facts: Counter[str] = Counter()
        for (attacker, fact), count in summary.achieved.items():
            facts[fact] += count if attacker in alike else 0
        reached = ", ".join(f"{fact} {count}" for fact, count in sorted(facts.items()) if count) or "nothing"
        yield f"{alike[0]}{f' and {len(alike) - 1} like it' if alike[1:] else ''} ({story}): {reached}"
    for cell in summary.undocumented[:50]:
        yield f"NOT DOCUMENTED  {cell}"
    yield f"cells in which somebody reached what no guide tells: {len(summary.undocumented)} of {summary.cells}"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
