"""What an action takes: declared as data, shown to the client, and read from what it sends.

A value of another type counts as missing, an input that was not declared is ignored, an empty text is no value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from broker.web.hanko.errors import VALUE_MISSING, InputError, not_one_of


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input. `allowed`: value → what people read, `None` where anything goes. `enforced`: missing is an error.

    `listed`: whether clients are shown that there is such an input.
    """

    name: str
    type: Literal["string", "boolean", "json"] = "string"
    required: bool = False
    hidden: bool = True
    enforced: bool = True
    listed: bool = True
    allowed: Mapping[str, str] | None = None

    def shown(self, error: InputError | None = None) -> dict[str, Any]:
        """As the client reads it."""
        content: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.required:
            content["required"] = True
        if self.hidden or self.type == "json":
            content["hidden"] = self.hidden
        if error is not None:
            content["error"] = error.shown()
        if self.allowed:
            content["allowed_values"] = [{"value": value, "name": name} for value, name in self.allowed.items()]
        return content


def read(inputs: Sequence[Input], unverified: object) -> tuple[dict[str, Any], dict[str, InputError]]:
    """The values of declared inputs, and what is wrong with them, each by name."""
    given = unverified if isinstance(unverified, dict) else {}
    values: dict[str, Any] = {}
    errors: dict[str, InputError] = {}
    for each in inputs:
        value = _typed(given.get(each.name), each)
        if value is None:
            if each.required and each.enforced:
                errors[each.name] = VALUE_MISSING
        elif each.allowed is not None and value not in each.allowed:
            errors[each.name] = not_one_of(each.allowed)
        else:
            values[each.name] = value
    return values, errors


def _typed(value: object, declared: Input) -> Any:
    if declared.type == "boolean":
        return value if isinstance(value, bool) else None
    if declared.type == "json":
        return value
    return value if isinstance(value, str) and value else None
