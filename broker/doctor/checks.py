"""The examination: every check, in the order in which they are made. To add one: a function, and its line here.

A check answers as many findings as it has. What it cannot ask, because of a fault that an earlier one has told, it
passes over in silence.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from broker.doctor import (
    authorization,
    browsers,
    claims,
    clocks,
    credentials,
    custom,
    database,
    discovery,
    domains,
    files,
)
from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, Found, problem, unreachable
from broker.errors import BrokerError, StoreError


@dataclass(frozen=True, kw_only=True)
class Check:
    """`name` is what its findings are listed under."""

    name: str
    ask: Callable[[Examination], AsyncIterator[Finding]]


CHECKS: Final[tuple[Check, ...]] = (
    Check(name="configuration", ask=browsers.configuration),
    Check(name="files", ask=files.private_files),
    Check(name="redirects", ask=browsers.allowlist),
    Check(name="cookies", ask=browsers.cookies),
    Check(name="scripts", ask=browsers.scripts),
    Check(name="proxies", ask=browsers.proxies),
    Check(name="database", ask=database.database),
    Check(name="secrets", ask=database.secrets),
    Check(name="discovery", ask=discovery.discovery),
    Check(name="domains", ask=domains.domains),
    Check(name="keys", ask=discovery.signing_keys),
    Check(name="graph", ask=discovery.graph),
    Check(name="credentials", ask=credentials.credentials),
    Check(name="sign-in page", ask=authorization.redirect_uri),
    Check(name="to register", ask=authorization.further_urls),
    Check(name="account types", ask=authorization.personal_accounts),
    Check(name="optional claims", ask=claims.optional_claims),
    Check(name="custom providers", ask=custom.custom_providers),
    Check(name="clock", ask=clocks.clocks),
)


async def examine(examination: Examination) -> list[Found]:
    """Everything that is found, check by check; one that cannot be ended keeps what it has found, and no other back."""
    found: list[Found] = []
    for check in CHECKS:
        try:
            async for finding in check.ask(examination):
                found.append(Found(check=check.name, finding=finding))
        except StoreError as error:
            lost = unreachable(f"the database was lost in the middle: {error.detail}", "ask again")
            found.append(Found(check=check.name, finding=lost))
        except BrokerError as error:
            unfinished = problem(f"could not be tried: {error.detail}", "look at what this check is about")
            found.append(Found(check=check.name, finding=unfinished))
    return found
