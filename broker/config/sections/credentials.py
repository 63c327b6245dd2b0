"""A provider's `credentials`: how we prove who we are. Ordered; the first is used."""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from broker.config.sections.secret import Secret
from broker.config.sections.section import LATER, SECTION, Complaint, Section

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


@dataclass(frozen=True, kw_only=True, config=SECTION)
class CredentialSection(Section):
    """`{kind: secret, value: …}`, its value also as `{file: PATH}`, or `file: PATH` beside `kind`."""

    kind: Annotated[Literal["secret", "certificate", "federated_file", "managed_identity"], LATER] = "secret"
    value: Secret | None = None
    file: Path | None = None
    id: str | None = None
    expires_on: datetime.date | None = None
    password: Secret | None = None
    env: str | None = None
    identity_client_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _file_of_a_secret(cls, unverified: Any) -> Any:
        """`{kind: secret, file: PATH}` is `{kind: secret, value: {file: PATH}}`."""
        if not isinstance(unverified, dict) or unverified.get("kind", "secret") != "secret":
            return unverified
        if "file" not in unverified or "value" in unverified:
            return unverified
        moved = {key: value for key, value in unverified.items() if key != "file"}
        return moved | {"value": {"file": unverified["file"]}}

    def complaints(self) -> Iterator[Complaint]:
        """A secret has a value, and nothing of the other kinds."""
        if self.kind != "secret":
            return
        if self.value is None:
            yield Complaint(key="value", message="is missing", hint="value: …, or value: {file: PATH}")
        else:
            yield from secret_complaints(self.value, key="value")
        for key in ("file", "password", "env", "identity_client_id"):
            if getattr(self, key) is not None:
                yield Complaint(key=key, message="is not for kind: secret", reads=("kind",))


def secret_complaints(secret: Secret, *, key: str) -> Iterator[Complaint]:
    """The mistake everybody makes once: Microsoft shows a secret's id beside its value."""
    if GUID.fullmatch(secret.reveal()):
        yield Complaint(
            key=key,
            message="is a GUID, so it looks like the secret's ID",
            hint="use the secret's value: Microsoft shows it once, when the secret is made",
        )
