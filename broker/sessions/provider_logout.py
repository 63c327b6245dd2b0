"""The provider says that its session ended: ours that came from it end too (OpenID Connect Front-Channel Logout 1.0).

Found by the provider's `sid`, which we keep with a session, and never by a cookie: the request comes from a frame in
somebody else's page, where browsers send none. Whoever knows a `sid` can end these sessions and nothing else, and is
told nothing by that.
"""

from broker.clock import Clock
from broker.sessions.ending import end_session
from broker.store import sessions as rows
from broker.store import signins
from broker.store.base import Store

MOST_SID_CHARACTERS = 255


class ProviderLogout:
    """Ends what a provider's session brought about."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def end(self, provider: str, unverified_sid: str | None, *, emulator: bool) -> int:
        """End the sessions made through this provider with this `sid`; answers how many. Raises `StoreUnavailable`.

        A one-time code that waits to become such a session goes as well. `emulator`: whether a stand-in answers in the
        provider's place; its sessions and the provider's own are never taken for each other.
        """
        sid = checked_sid(unverified_sid)
        if sid is None:
            return 0
        async with self._store.read() as connection:
            found = await rows.ids_at_provider(connection, provider, sid, emulator=emulator)
            waiting = await signins.waits_at_provider(connection, provider, sid, emulator=emulator)
        if not found and not waiting:
            return 0  # strangers may ask as often as they like without ever taking the writer's turn
        ended = 0
        async with self._store.transaction() as connection:
            await signins.drop_codes_at_provider(connection, provider, sid, emulator=emulator)
            for session_id in found:
                gone = await end_session(
                    connection, session_id, clock=self._clock, actor="provider", reason="provider_logout"
                )
                ended += gone is not None
        return ended


def checked_sid(unverified_sid: str | None) -> str | None:
    """The `sid` if it can be one at all."""
    if unverified_sid is None or len(unverified_sid) > MOST_SID_CHARACTERS:
        return None
    return unverified_sid if unverified_sid.isascii() and unverified_sid.isprintable() else None
