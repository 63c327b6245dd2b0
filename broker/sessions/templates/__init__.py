"""Templates of claims, in the syntax of Go's `text/template`: what a Hanko configuration has there works here.

No library for Python speaks that syntax. What stands here is the part that makes sense on a user's data; anything else
is a mistake in the configuration, told when it is loaded, and never a surprise in somebody's token.
"""
