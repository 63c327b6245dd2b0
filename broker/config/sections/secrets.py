"""`secrets`: what seals and signs. Newest first: the first is used, all of them open and verify."""

from collections.abc import Iterator
from typing import Final

from pydantic.dataclasses import dataclass

from broker.config.sections.secret import Secret
from broker.config.sections.section import SECTION, Complaint, Section

MINIMUM_LENGTH: Final = 32


@dataclass(frozen=True, kw_only=True, config=SECTION)
class SecretsSection(Section):
    """The deployment's secrets."""

    keys: tuple[Secret, ...] = ()

    def complaints(self) -> Iterator[Complaint]:
        """Long enough, and no two the same."""
        values = [secret.reveal() for secret in self.keys]
        for index, value in enumerate(values):
            if len(value) < MINIMUM_LENGTH:
                yield Complaint(
                    key=f"keys[{index}]",
                    message=f"is shorter than {MINIMUM_LENGTH} characters",
                    hint="make one with: openssl rand -base64 32",
                )
            elif value in values[:index]:
                yield Complaint(key=f"keys[{index}]", message="is in the list twice")
