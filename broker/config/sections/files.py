"""A file that the configuration names: relative to the configuration's own place, and there."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from broker.config.sections.section import Unfit, context_of


def _existing(unverified: object, info: ValidationInfo) -> Path:
    if isinstance(unverified, Path):
        return unverified
    if not isinstance(unverified, str) or not unverified:
        raise Unfit("must be the path of a file")
    path: Path = (context_of(info.context, "base_dir") or Path()) / unverified
    try:
        with path.open("rb"):
            return path
    except (OSError, ValueError) as error:
        reason = error.strerror or "" if isinstance(error, OSError) else "not a path"
        raise Unfit("the file cannot be read", reason) from error


ExistingFile = Annotated[Path, BeforeValidator(_existing), WithJsonSchema({"type": "string"})]
"""The path of a readable file."""
