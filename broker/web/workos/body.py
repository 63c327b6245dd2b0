"""The members of a JSON body, read one by one: all that is wrong is told at once, field by field.

The codes name the field: the Node SDK shows nothing but them. A member that we do not know is ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.models.users import is_writable
from broker.protocol.addresses import canonical_domain
from broker.web.workos import ids
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.ids import Prefix

MOST_NAME: Final = 255
MOST_EXTERNAL_ID: Final = 128
"""Of what belongs to organizations; a user's may be longer."""
MOST_MEMBER_NAME: Final = 40
MOST_MEMBER_VALUE: Final = 600
MOST_DOMAINS: Final = 100


class Body:
    """Reads members one by one and keeps what is wrong with them."""

    def __init__(self, content: Mapping[str, object]) -> None:
        self._content = content
        self.faults: dict[str, str] = {}

    def has(self, name: str) -> bool:
        """Whether the member is there, `null` included."""
        return name in self._content

    def get(self, name: str) -> object:
        """Whatever it is."""
        return self._content.get(name)

    def text(self, name: str, *, most: int = MOST_NAME, required: bool = False) -> str | None:
        """A line of text that is not empty; `None` where it is absent."""
        value = self._content.get(name)
        if value is None or value == "":
            if required:
                self.faults[name] = f"{name}_required"
            return None
        if not isinstance(value, str):
            self.faults[name] = f"{name}_must_be_string"
        elif len(value) > most:
            self.faults[name] = f"{name}_too_long"
        elif not is_writable(value) or not value.strip():
            self.faults[name] = f"{name}_invalid"
        else:
            return value.strip()
        return None

    def switch(self, name: str) -> bool | None:
        """True or false; `None` where it is absent."""
        value = self._content.get(name)
        if isinstance(value, bool) or value is None:
            return value
        self.faults[name] = f"{name}_must_be_boolean"
        return None

    def items(self, name: str) -> Sequence[object] | None:
        """A list; `None` where it is absent."""
        value = self._content.get(name)
        if isinstance(value, list) or value is None:
            return value
        self.faults[name] = f"{name}_must_be_array"
        return None

    def id(self, name: str, prefix: Prefix) -> str:
        """An id of ours, which must be there; what cannot be one is an id of nothing."""
        text = self.text(name, required=True)
        return "" if text is None else ids.read(prefix, text) or ""

    def domains(self, name: str) -> Sequence[str] | None:
        """A list of domains in their canonical spelling; `None` where it is absent."""
        listed = self.items(name)
        if listed is None:
            return None
        found = [canonical_domain(each) for each in listed]
        if None in found or len(found) > MOST_DOMAINS:
            self.faults[name] = f"{name}_invalid"
        return [each for each in found if each is not None]

    def metadata(self, *, most: int | None = None) -> Mapping[str, Any]:
        """`metadata`, names and texts, with `most` members; `null`, or an empty text, takes one away."""
        unverified = self._content.get("metadata")
        if unverified is None:
            return {}
        if not isinstance(unverified, dict) or (most is not None and len(unverified) > most):
            self.faults["metadata"] = "metadata_invalid"
            return {}
        for name, value in unverified.items():
            fits = value is None or (isinstance(value, str) and len(value) <= MOST_MEMBER_VALUE)
            if not fits or not 1 <= len(name) <= MOST_MEMBER_NAME:
                self.faults["metadata"] = "metadata_invalid"
        return {name: value or None for name, value in unverified.items()}

    @property
    def clears_metadata(self) -> bool:
        """Whether `metadata` is there and `null`."""
        return self.has("metadata") and self.get("metadata") is None

    def check(self) -> None:
        """Raises `ParametersInvalid` if anything was wrong."""
        if self.faults:
            raise ParametersInvalid(self.faults)
