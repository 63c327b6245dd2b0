"""The one photo there is: a JPEG of a single white pixel, whatever size is asked for."""

import base64

from broker.emulator.people import Person

SIZES = ("48x48", "64x64", "96x96", "120x120", "240x240", "360x360", "432x432", "504x504", "648x648")
_WHO_HAS_ONE = frozenset(("alice", "dave"))

PHOTO = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


def has_photo(person: Person) -> bool:
    """Whether somebody ever uploaded one."""
    return person.key in _WHO_HAS_ONE
