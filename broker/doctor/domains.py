"""Domains of the configuration that Microsoft gives to another directory now, and the operator's word on them."""

from collections.abc import AsyncIterator

from broker.accounts.directories import KeptDirectories
from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, ok, problem
from broker.models.directories import KnownDirectory


async def domains(examination: Examination) -> AsyncIterator[Finding]:
    """What servers refuse until it is accepted; with `--accept`, that it is from now on what counts."""
    registration, store, accepted = examination.microsoft, examination.store, examination.accept
    if registration is None or store is None or not examination.has_tables:
        if accepted is not None:
            yield problem(
                f"{accepted} cannot be accepted: nothing is kept of it",
                "a server keeps a domain once it has looked it up: start broker serve, or mend what else is named here",
            )
        return
    kept = KeptDirectories(store, examination.clock)
    waiting = [each for each in await kept.pending() if each.cloud == registration.cloud.name]
    for change in waiting:
        if accepted is not None and change.domain == accepted.lower():
            await kept.accept(change)
            yield ok(f"{change.domain} is the directory {change.changed_guid} from now on, no more {change.guid}")
        else:
            yield _waits(change)
    if accepted is not None and accepted.lower() not in {change.domain for change in waiting}:
        yield problem(f"no change of {accepted} waits", "broker doctor without --accept names those that do")


def _waits(change: KnownDirectory) -> Finding:
    says = f"{change.domain} was the directory {change.guid}, and Microsoft names {change.changed_guid} now"
    return problem(says, f"find out who has the domain; if that is right: broker doctor --accept {change.domain}")
