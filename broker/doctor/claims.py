"""Optional claims that the registration could send and did not, as the last sign-ins showed.

Without `xms_edov` no address is verified, without `acct` no guest is known as one: people are refused for it, and the
remedy is in the portal.
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok, problem
from broker.store.identities import latest_missing_claims

LATEST: Final = 100
_PORTAL: Final = "portal, App registrations, Token configuration, Add optional claim, ID:"
_MANIFEST: Final = "portal, App registrations, Manifest, optionalClaims.idToken:"
_REFUSED_WITHOUT: Final = frozenset({"xms_edov", "email", "acct"})
_ONLY_BY_MANIFEST: Final = frozenset({"xms_edov"})


async def optional_claims(examination: Examination) -> AsyncIterator[Finding]:
    """Counted over the identities that signed in last. What nobody brought may be refusing people."""
    registration, store = examination.microsoft, examination.store
    if registration is None or store is None or not examination.has_tables:
        return
    async with store.read() as connection:
        latest = await latest_missing_claims(
            connection, provider="microsoft", emulator=registration.cloud.emulator, most=LATEST
        )
    if not latest:
        return
    counted = Counter(claim for missing in latest for claim in missing)
    for claim, count in counted.most_common():
        yield _lacking(claim, count, of=len(latest))
    if not counted:
        yield ok(f"whoever came last ({len(latest)}) came with every optional claim that we look for")


def _lacking(claim: str, count: int, *, of: int) -> Finding:
    remedy = f"{_MANIFEST if claim in _ONLY_BY_MANIFEST else _PORTAL} {claim}"
    if count < of:
        return note(f"{count} of the last {of} people came without the claim {claim}", remedy)
    who = "the one person who came so far" if of == 1 else f"each of the last {of} people"
    says = f"{who} came without the claim {claim}"
    return problem(says, remedy) if claim in _REFUSED_WITHOUT else note(says, remedy)
