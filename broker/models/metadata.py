"""What applications keep about a user: three JSON objects, apart by who may see them."""

from dataclasses import dataclass
from typing import Any

MOST_CHARACTERS = 3000
"""Of each object, as JSON."""


@dataclass(frozen=True, kw_only=True)
class UserMetadata:
    """`public` is written by operators and read by its person, `private` is the operators' own, `unsafe` is written by
    its person. `None` where there is nothing.
    """

    public: dict[str, Any] | None = None
    private: dict[str, Any] | None = None
    unsafe: dict[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not (self.public or self.private or self.unsafe)


NO_METADATA = UserMetadata()
