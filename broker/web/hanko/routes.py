"""What Hanko's clients call that the plain surface has not: every path, and who may call it."""

from broker.web.surface import Endpoint

SURFACE = "hanko"
"""The name by which a sign-in remembers that a flow began it."""

REST: tuple[Endpoint, ...] = ()
"""What classic clients call; errors are Hanko's JSON."""
