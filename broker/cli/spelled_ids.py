"""Ids as applications on WorkOS' SDKs have them: who asks an operator for help knows no other; our log has UUIDs."""

USER = "The user's id, ours or user_… as applications have it, or an address of theirs."
SESSION = "The session's id, ours or session_… as applications have it."


def user_named(given: str | None) -> str | None:
    """Our id behind `user_…`; anything else as it was given."""
    from broker.web.workos.ids import read

    return given if given is None else read("user", given) or given


def session_named(given: str | None) -> str | None:
    """Our id behind `session_…`; anything else as it was given."""
    from broker.web.workos.ids import read

    return given if given is None else read("session", given) or given
