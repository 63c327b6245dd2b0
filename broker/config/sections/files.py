"""A file that the configuration names: relative to the configuration's own place, there, and what it is said to be."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from broker.config.sections.section import Unfit, context_of
from broker.models.pictures import MOST_PICTURE_BYTES, media_type_of


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


def _picture(unverified: object, info: ValidationInfo) -> Path:
    path = _existing(unverified, info)
    with path.open("rb") as file:
        content = file.read(MOST_PICTURE_BYTES + 1)
    if len(content) > MOST_PICTURE_BYTES:
        raise Unfit(f"is larger than {MOST_PICTURE_BYTES // 1024} KiB")
    if media_type_of(content) is None:
        raise Unfit("is no PNG, JPEG, GIF, WebP or SVG")
    return path


ExistingFile = Annotated[Path, BeforeValidator(_existing), WithJsonSchema({"type": "string"})]
"""The path of a readable file."""
PictureFile = Annotated[Path, BeforeValidator(_picture), WithJsonSchema({"type": "string"})]
"""The path of a picture that browsers show, by its content and not its name."""
