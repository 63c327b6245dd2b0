"""A stand-in for Microsoft's identity platform, for development and tests.

It speaks as Microsoft's documentation and published responses say Microsoft does, oddities included, and imports
nothing of the broker's: the other party must not share our mistakes. Its people, ids and secrets are fixed and
public, so nothing that anybody can reach may ever trust it.
"""
