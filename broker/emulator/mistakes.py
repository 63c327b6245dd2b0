"""What is wrong with an order of control or an entry of a file, in words for whoever wrote it."""

from typing import Any

from pydantic import BaseModel, ValidationError


def mistakes_in(error: ValidationError, kind: type[BaseModel]) -> list[str]:
    """A line for each mistake: which member, and what is expected there."""
    return [_line(dict(each), kind) for each in error.errors()]


def _line(each: dict[str, Any], kind: type[BaseModel]) -> str:
    where = ".".join(map(str, each["loc"])) or "order"
    return f"{where}: {_said(each, kind)}"


def _said(each: dict[str, Any], kind: type[BaseModel]) -> str:
    if each["type"] == "missing":
        return "is missing"
    if each["type"] == "extra_forbidden":
        known = f"; there are {', '.join(kind.model_fields)}" if len(each["loc"]) == 1 else ""
        return f"is not known{known}"
    return str(each["msg"]).removeprefix("Value error, ")
