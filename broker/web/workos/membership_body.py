"""What an application's program says of a member in a body."""

import re
from collections.abc import Mapping
from typing import Final

from broker.web.workos.body import Body

MOST_ROLES: Final = 20
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9:_-]{0,47}", re.ASCII)


def new_membership(content: Mapping[str, object]) -> tuple[str, str, tuple[str, ...]]:
    """User, organization and roles. Raises `ParametersInvalid`."""
    body = Body(content)
    found = (body.id("user_id", "user"), body.id("organization_id", "org"), _roles(body))
    body.check()
    return found


def roles_of(content: Mapping[str, object]) -> tuple[str, ...]:
    """Roles; none where nothing is said of them. Raises `ParametersInvalid`."""
    body = Body(content)
    found = _roles(body)
    body.check()
    return found


def _roles(body: Body) -> tuple[str, ...]:
    several = body.items("role_slugs")
    one = body.text("role_slug")
    if several is not None and one is not None:
        body.faults["role_slugs"] = "role_slugs_mutually_exclusive"
    found = [one] if one is not None else list(several or ())
    if several == [] or len(found) > MOST_ROLES or not all(isinstance(e, str) and _SLUG.fullmatch(e) for e in found):
        name = "role_slugs" if several is not None else "role_slug"
        body.faults[name] = f"{name}_invalid"
        return ()
    return tuple(dict.fromkeys(str(each) for each in found))
