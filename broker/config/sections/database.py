"""`database`: which store, and how many connections."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Self

from pydantic import Field, Strict
from pydantic.dataclasses import dataclass

from broker.config.sections.secret import HIDDEN, Secret
from broker.config.sections.section import RESTART, SECTION, Complaint, Count, Section, Switch, Unfit


class DatabaseUrl(Secret):
    """A database's URL. Printed, it hides the password; only `reveal` gives it."""

    __slots__ = ()

    def shown(self) -> str:
        """The URL, with `***` where a password stands (before the host, or as a parameter)."""
        hidden = re.sub(r"^([a-z0-9+]+://[^/?#:@]*):.*@", rf"\1:{HIDDEN}@", self._value, flags=re.DOTALL)
        return re.sub(r"((?:^|[?&;])(?:ssl)?password=)[^&;]*", rf"\1{HIDDEN}", hidden)

    @property
    def is_sqlite(self) -> bool:
        """Whether it names a file of the embedded engine."""
        return self._value.startswith("sqlite:")

    @classmethod
    def _checked(cls, secret: Self) -> Self:
        text = secret.reveal()
        if text.startswith("sqlite:"):
            if not re.fullmatch(r"sqlite:///[^?#]+", text):
                raise Unfit("names no file", "write sqlite:///broker.db (relative) or sqlite:////var/lib/broker.db")
        elif not text.startswith("postgresql://"):
            raise Unfit("must begin with sqlite:/// or postgresql://", "postgresql://user:password@host:5432/broker")
        return secret


@dataclass(frozen=True, kw_only=True, config=SECTION)
class PoolSection(Section):
    """Connections a process keeps and may open (PostgreSQL)."""

    min: Annotated[Count, RESTART] = 1
    max: Annotated[int, Strict(), Field(ge=1), RESTART] = 10

    def complaints(self) -> Iterator[Complaint]:
        """Not more kept than allowed."""
        if self.min > self.max:
            yield Complaint(key="min", message=f"is above max ({self.max})", reads=("max",))


@dataclass(frozen=True, kw_only=True, config=SECTION)
class DatabaseSection(Section):
    """Which store, and how many connections. With `migrate` the server brings the schema up to date itself."""

    url: Annotated[DatabaseUrl, RESTART] = field(default_factory=lambda: DatabaseUrl("sqlite:///broker.db"))
    pool: PoolSection = field(default_factory=PoolSection)
    migrate: Annotated[Switch, RESTART] = True

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is the embedded engine."""
        return self.url.is_sqlite
