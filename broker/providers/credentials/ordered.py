"""The credentials of one registration in the operator's order: whose turn it is, and who was refused and waits.

The first usable one is presented. One that the provider refuses is set aside for five minutes, or until it is
exchanged, and the next one's turn comes at once; so a secret can be replaced with no sign-in lost. Those whose date
has passed, and those set aside, come last rather than never: a date written down wrongly locks nobody out.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from broker.clock import Clock
from broker.errors import ProviderDenied, SignInFailed, UpstreamUnavailable
from broker.providers.credentials.credential import Credential, CredentialUnusable, Standing

SET_ASIDE_SECONDS = 300.0
_TOLD_SECONDS = 60.0


class CredentialObserver(Protocol):
    """Told, for the log, of a credential that does not serve; at most once a minute for each and each reason."""

    def __call__(self, *, credential: str, problem: str, detail: str) -> None: ...


class Credentials:
    """The list. `observe` hears what the operator should know."""

    def __init__(
        self, *, ordered: Sequence[Credential], clock: Clock, observe: CredentialObserver | None = None
    ) -> None:
        self._ordered = tuple(ordered)
        self._clock = clock
        self._observe = observe
        self._aside: dict[str, tuple[float, str]] = {}
        self._told: dict[tuple[str, str], float] = {}

    def in_turn(self) -> list[Credential]:
        """All of them, in the order in which they are to be tried now.

        Raises `ProviderDenied` (`provider_misconfigured`) when there is none at all.
        """
        if not self._ordered:
            raise ProviderDenied("no credential is configured", code="provider_misconfigured")
        now = self._clock.now()
        good = [each for each in self._ordered if each.expires_at is None or each.expires_at > now]
        lapsed = [each for each in self._ordered if each not in good]
        lapsed.sort(key=lambda each: each.expires_at or 0, reverse=True)
        return sorted((*good, *lapsed), key=lambda each: self._set_aside_for(each) > 0)

    def refused(self, credential: Credential, *, material: str, detail: str) -> None:
        """The provider did not take it. `material` is of what was sent: an exchanged one has its turn at once."""
        credential.refused()
        self._aside[credential.id] = (self._clock.monotonic() + SET_ASIDE_SECONDS, material)
        self._tell(credential, "a credential was refused and is set aside", detail)

    def accepted(self, credential: Credential) -> None:
        """The provider took it."""
        self._aside.pop(credential.id, None)

    def unusable(self, credential: Credential, reason: CredentialUnusable) -> None:
        """It could not be presented at all."""
        self._tell(credential, "a credential cannot be used", str(reason))

    def standing(self) -> tuple[Standing, ...]:
        """How each stands, in the operator's order; asks nobody and changes nothing."""
        return tuple(replace(each.standing(), set_aside_for=round(self._set_aside_for(each))) for each in self._ordered)

    async def close(self) -> None:
        """Close what they hold open."""
        for credential in self._ordered:
            await credential.close()

    def _set_aside_for(self, credential: Credential) -> float:
        until, material = self._aside.get(credential.id, (0.0, ""))
        left = until - self._clock.monotonic()
        return left if left > 0 and credential.material() == material else 0.0

    def _tell(self, credential: Credential, problem: str, detail: str) -> None:
        now, key = self._clock.monotonic(), (credential.id, problem)
        if self._observe is not None and now >= self._told.get(key, 0.0):
            self._told[key] = now + _TOLD_SECONDS
            self._observe(credential=credential.id, problem=problem, detail=detail)


@runtime_checkable
class HoldsCredentials(Protocol):
    """A provider that proves who we are."""

    @property
    def credentials(self) -> Credentials: ...


def none_usable(reasons: Sequence[CredentialUnusable]) -> SignInFailed:
    """The error where not one could be presented; worth another try if any of the reasons is."""
    detail = "; ".join(map(str, reasons))
    if any(reason.temporary for reason in reasons):
        return UpstreamUnavailable(f"no credential: {detail}")
    return ProviderDenied(f"no credential: {detail}", code="provider_misconfigured")
