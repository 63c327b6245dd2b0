"""Federated credentials of a registration: which issuer's token for which subject proves that it is this client.

Compared exactly, letter case included; there are no wildcards. Source: Microsoft's documentation of workload identity
federation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
"""The audience that the portal proposes in the global cloud."""


@dataclass(frozen=True, kw_only=True)
class FederatedCredential:
    """One trust: `audiences` are alternatives, and one of them must be the token's."""

    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FederatedMistake:
    """Why no credential fits: the AADSTS number and a sentence."""

    number: int
    text: str


def federated_mistake(
    credentials: Sequence[FederatedCredential], *, issuer: str, subject: str, audiences: Sequence[str]
) -> FederatedMistake | None:
    """What keeps these values from fitting one of the credentials; None if they fit one."""
    if not credentials:
        return FederatedMistake(number=70025, text="The application has no federated credentials.")
    by_issuer = [each for each in credentials if each.issuer == issuer]
    if not by_issuer:
        if _any_folded(credentials, lambda each: each.issuer, issuer):
            return FederatedMistake(number=7002137, text=f"The issuer '{issuer}' fits but for letter case.")
        return FederatedMistake(number=700211, text=f"No federated credential has the issuer '{issuer}'.")
    by_subject = [each for each in by_issuer if each.subject == subject]
    if not by_subject:
        if _any_folded(by_issuer, lambda each: each.subject, subject):
            return FederatedMistake(number=7002138, text=f"The subject '{subject}' fits but for letter case.")
        return FederatedMistake(number=700213, text=f"No federated credential has the subject '{subject}'.")
    if not any(set(each.audiences) & set(audiences) for each in by_subject):
        return FederatedMistake(
            number=700212, text=f"No federated credential has the audience '{', '.join(audiences)}'."
        )
    return None


def _any_folded(
    credentials: Sequence[FederatedCredential], member: Callable[[FederatedCredential], str], value: str
) -> bool:
    return any(member(each).lower() == value.lower() for each in credentials)
