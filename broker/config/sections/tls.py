"""A certificate of our own, for whatever listens without a proxy before it."""

from collections.abc import Iterator
from typing import Annotated

from pydantic.dataclasses import dataclass

from broker.config.sections.files import ExistingFile
from broker.config.sections.section import RESTART, SECTION, Complaint, Section


@dataclass(frozen=True, kw_only=True, config=SECTION)
class TlsSection(Section):
    """PEM files for serving https ourselves. Renewed ones are taken while we run; other paths wait for a restart."""

    cert: Annotated[ExistingFile | None, RESTART] = None
    key: Annotated[ExistingFile | None, RESTART] = None

    def complaints(self) -> Iterator[Complaint]:
        """Both or neither."""
        if (self.cert is None) != (self.key is None):
            missing = "cert" if self.cert is None else "key"
            yield Complaint(key=missing, message="is missing: cert and key go together", reads=("cert", "key"))
